package dev.skein.simulation;

import com.google.protobuf.ByteString;
import dev.skein.proto.Kind;
import dev.skein.proto.Manifest;
import dev.skein.proto.Request;
import dev.skein.proto.SessionFile;
import dev.skein.proto.Shards;
import dev.skein.proto.Slot;
import dev.skein.proto.StateFile;
import dev.skein.store.InMemoryCluster;
import dev.skein.store.LogRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Clients that take a session away as a file and bring it in under another name, as routers do it:
 * the committed manifest is read, then the snapshot that it names, then the file lies in {@code
 * imports}, and then it is asked for. Anything may happen in between.
 */
final class Exports {

  private static final int CHUNK_BYTES = 96;

  /** What a file is by the time when it is asked for. */
  private enum Condition {
    WHOLE,
    /** Its checksum fits, and its parts do not fit each other. */
    ILL_FITTING,
    /** Some of it was deleted by age. */
    GONE
  }

  private static final List<Condition> CONDITIONS = List.of(Condition.values());

  /**
   * A file on its way in.
   *
   * @param at where the session stood that was exported
   * @param head the turn at whose end that was; null: it had read nothing
   */
  record Taken(Oracle.Known at, @Nullable Integer head, boolean isWhole) {}

  private final World world;
  private final InMemoryCluster cluster;
  private final List<Transfer> underWay = new ArrayList<>();
  private final Map<String, Taken> taken = new HashMap<>();

  Exports(World world, InMemoryCluster cluster) {
    this.world = world;
    this.cluster = cluster;
  }

  /** A client wants a session out of another one, and names it so. */
  void begin(String from, String to, String requestId) {
    underWay.add(new Transfer(from, to, requestId));
  }

  boolean areDone() {
    return underWay.isEmpty();
  }

  /** One of those under way goes a step further. */
  void goOn() {
    Transfer next = underWay.get(world.below(underWay.size()));
    if (next.step()) {
      underWay.remove(next);
    }
  }

  /** What a request to import brought with it. */
  Taken of(String requestId) {
    return Objects.requireNonNull(taken.get(requestId));
  }

  private final class Transfer {
    private final String from;
    private final String to;
    private final String requestId;
    private int reads;
    private @Nullable Manifest manifest;
    private Oracle.Known at = Oracle.Known.NEW;
    private @Nullable SessionFile file;
    private @Nullable StateFile place;

    Transfer(String from, String to, String requestId) {
      this.from = from;
      this.to = to;
      this.requestId = requestId;
    }

    /** True if there is nothing more to do. */
    boolean step() {
      Manifest known = manifest;
      SessionFile read = file;
      StateFile written = place;
      if (known == null) {
        return readManifest();
      }
      if (read == null) {
        return readSnapshot(known);
      }
      if (written == null) {
        write(known, read);
        return false;
      }
      world.tell(
          Request.newBuilder()
              .setKind(Kind.KIND_IMPORT)
              .setSession(to)
              .setRequestId(requestId)
              .setModel("toy")
              .setFile(written)
              .build());
      return world.chance(0.7);
    }

    private boolean readManifest() {
      reads++;
      int shard = Shards.of(from, world.shards());
      Manifest found = world.promises().manifests(shard).get(from);
      if (found == null || found.getDeleted()) {
        return true;
      }
      manifest = found;
      at = world.promises().stored(shard, from, found);
      return false;
    }

    /** A snapshot that is gone has a successor, which a newer manifest names. */
    private boolean readSnapshot(Manifest known) {
      ByteString snapshot = snapshot(known);
      if (snapshot == null) {
        world.say("the snapshot of %s is gone that was to be exported", from);
        manifest = null;
        return reads > 1;
      }
      file = SessionFile.of(to, known, snapshot);
      return false;
    }

    private @Nullable ByteString snapshot(Manifest known) {
      if (known.getSlotsCount() == 0) {
        return ByteString.EMPTY;
      }
      Slot slot = known.getSlots(known.getSlotsCount() - 1);
      ByteString bytes = ByteString.EMPTY;
      int shard = Shards.of(from, world.shards());
      for (int i = 0; i < slot.getChunkOffsetsCount(); i++) {
        LogRecord record = cluster.read(cluster.topics().states(), shard, slot.getChunkOffsets(i));
        byte[] key = utf8(from + "/" + slot.getSlot() + "/" + i);
        byte[] value = record == null || !record.hasKey(key) ? null : record.value();
        if (value == null) {
          return null;
        }
        bytes = bytes.concat(ByteString.copyFrom(value));
      }
      return bytes;
    }

    private void write(Manifest known, SessionFile read) {
      Condition condition =
          world.chance(0.8) ? Condition.WHOLE : CONDITIONS.get(world.below(CONDITIONS.size()));
      byte[] bytes =
          condition == Condition.ILL_FITTING
              ? SessionFile.of(to, known.toBuilder().addTail('a').build(), read.snapshot()).write()
              : read.write();
      int shard = Shards.of(to, world.shards());
      String imports = cluster.topics().imports();
      StateFile.Builder written =
          StateFile.newBuilder()
              .setBytes(bytes.length)
              .setDigest(ByteString.copyFrom(Digests.sha256(bytes)));
      for (int from = 0; from < bytes.length; from += CHUNK_BYTES) {
        byte[] chunk = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + CHUNK_BYTES));
        byte[] key = utf8(to + "/" + requestId + "/" + from / CHUNK_BYTES);
        written.addChunkOffsets(cluster.append(imports, shard, key, chunk));
      }
      if (condition == Condition.GONE) {
        cluster.delete(imports, shard, written.getChunkOffsets(written.getChunkOffsetsCount() / 2));
      }
      world.say(
          "%s is exported at turn %d, to be %s: %s", from, known.getNextTurn(), to, condition);
      Integer head = known.hasHead() ? Integer.valueOf(known.getHead().getTurn()) : null;
      taken.put(requestId, new Taken(at, head, condition == Condition.WHOLE));
      place = written.build();
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
