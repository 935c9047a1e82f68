package dev.skein.router.sessions;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.proto.Manifest;
import dev.skein.proto.Slot;
import dev.skein.router.admission.Caller;
import dev.skein.router.sessions.Pool.Found;
import dev.skein.router.sessions.Pools.Entry;
import dev.skein.router.sessions.Pools.Page;
import dev.skein.router.sessions.SessionTable.ShardOwner;
import java.util.List;

/** Sessions as their tenants see them. */
public final class SessionJson {
  private SessionJson() {}

  /** A page of the list. */
  public static ObjectNode list(Page page, Caller caller) {
    ObjectNode root = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode data = root.putArray("data");
    List<Entry> entries = page.entries();
    entries.forEach(entry -> data.add(session(entry.pool(), entry.row(), caller)));
    root.put("first_id", entries.isEmpty() ? null : caller.own(entries.getFirst().row().name()));
    root.put("last_id", entries.isEmpty() ? null : caller.own(entries.getLast().row().name()));
    return root.put("has_more", page.more()).put("complete", page.complete());
  }

  /** A session with its snapshots and its shard. */
  public static ObjectNode whole(Found found, Caller caller) {
    SessionRow row = found.row();
    Manifest manifest = found.manifest();
    ObjectNode node = session(found.pool(), row, caller);
    ArrayNode slots = node.putArray("slots");
    for (Slot slot : manifest.getSlotsList()) {
      ObjectNode one = slots.addObject().put("slot", slot.getSlot());
      position(one, slot.getPosition().getTurn(), slot.getPosition().getIndex());
      one.put("tokens_read", slot.getTokensRead()).put("bytes", slot.getBytes());
    }
    node.putObject("fingerprint")
        .put("model", manifest.getFingerprint().getModel())
        .put("arithmetic", manifest.getFingerprint().getArithmetic());
    if (manifest.hasHead()) {
      node.putObject("head")
          .put("session", caller.own(manifest.getHead().getSession()))
          .put("turn", Integer.toUnsignedLong(manifest.getHead().getTurn()));
    } else {
      node.putNull("head");
    }
    node.put("busy", manifest.hasUnfinished());
    ShardOwner owner = found.pool().sessions().table().owner(row.partition());
    ObjectNode shard = node.putObject("shard").put("number", row.partition());
    shard.put("owner", owner == null ? null : owner.address());
    shard.put("epoch", owner == null ? 0 : owner.epoch());
    shard.put("running", owner != null && owner.running());
    return node;
  }

  private static ObjectNode session(Pool pool, SessionRow row, Caller caller) {
    ObjectNode node =
        JsonNodeFactory.instance
            .objectNode()
            .put("id", caller.own(row.name()))
            .put("object", "session")
            .put("pool", pool.name())
            .put("model", row.model());
    position(node, row.turn(), row.index());
    return node.put("next_turn", Integer.toUnsignedLong(row.nextTurn()))
        .put("parent_turn", Integer.toUnsignedLong(row.parentTurn()))
        .put("tokens_read", row.tokensRead())
        .put("state_bytes", row.stateBytes())
        .put("stored_bytes", row.storedBytes())
        .put("updated_at", row.updatedMs() / 1000);
  }

  private static void position(ObjectNode node, int turn, int index) {
    node.putObject("position")
        .put("turn", Integer.toUnsignedLong(turn))
        .put("index", Integer.toUnsignedLong(index));
  }
}
