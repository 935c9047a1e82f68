package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import dev.skein.proto.Manifest;
import dev.skein.proto.Slot;
import dev.skein.proto.TurnRef;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a session stands or may stand: at the end of a turn, as a stored snapshot and the ids to be
 * read after it.
 *
 * @param head the turn; null: nothing was read
 * @param slots snapshots of what came before, newest last; the state is that of the last one and
 *     {@code tail}
 * @param tail ids to be read after the last slot, or from the beginning if there is none
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares these
record Standpoint(@Nullable TurnRef head, List<Slot> slots, int[] tail) {

  static final Standpoint BEGINNING = new Standpoint(null, List.of(), new int[0]);

  private static final byte[] NOTHING_READ = new byte[0];

  /** Manifests that were written before heads were kept tell as much of it as is needed. */
  static Standpoint of(Manifest manifest) {
    int[] tail = manifest.getTailList().stream().mapToInt(Integer::intValue).toArray();
    if (manifest.hasHead() || manifest.getTokensRead() == 0) {
      TurnRef head = manifest.hasHead() ? manifest.getHead() : null;
      return new Standpoint(head, manifest.getSlotsList(), tail);
    }
    TurnRef head =
        TurnRef.newBuilder()
            .setSession(manifest.getSession())
            .setTurn(Math.max(0, manifest.getNextTurn() - 1))
            .setTranscriptFrom(-1)
            .setChain(manifest.getChain())
            .setTokensRead(manifest.getTokensRead())
            .build();
    return new Standpoint(head, manifest.getSlotsList(), tail);
  }

  void write(Manifest.Builder manifest) {
    manifest.addAllSlots(slots).setTokensRead(tokensRead());
    TurnRef at = head;
    if (at != null) {
      manifest.setHead(at).setParentTurn(at.getTurn()).setChain(at.getChain());
    }
    for (int id : tail) {
      manifest.addTail(id);
    }
  }

  /** A turn added these ids; if it was stored in its middle, that is the newest slot now. */
  Standpoint after(TurnRef end, Turn turn, int[] ids) {
    Slot middle = turn.mid();
    if (middle != null) {
      int[] rest = Arrays.copyOfRange(ids, turn.midRead() - turn.firstId(), ids.length);
      return new Standpoint(end, SlotRing.with(slots, middle), rest);
    }
    int[] both = Arrays.copyOf(tail, tail.length + ids.length);
    System.arraycopy(ids, 0, both, tail.length, ids.length);
    return new Standpoint(end, slots, both);
  }

  /** The state was stored, all but the ids that it had not read. */
  Standpoint stored(Slot slot, int[] unread) {
    return new Standpoint(head, SlotRing.with(slots, slot), unread);
  }

  /** With the newest slot alone. */
  Standpoint thin() {
    int count = slots.size();
    return count < 2 ? this : new Standpoint(head, slots.subList(count - 1, count), tail);
  }

  /** The chain over all but the last few ids of the tail. */
  byte[] chainBefore(int unread) {
    byte[] before = slots.isEmpty() ? NOTHING_READ : slots.getLast().getChain().toByteArray();
    return TurnIds.link(before, Arrays.copyOf(tail, tail.length - unread));
  }

  /** What was read is what this hash chain is over. */
  boolean isAt(ByteString chain) {
    return chain.equals(ByteString.copyFrom(chain()));
  }

  byte[] chain() {
    return head == null ? NOTHING_READ : head.getChain().toByteArray();
  }

  long tokensRead() {
    return head == null ? 0 : head.getTokensRead();
  }

  /** An earlier turn's end on the way to this one, if slots and tail alone tell it; else null. */
  @Nullable Standpoint before(@Nullable TurnRef end) {
    if (end == null) {
      return BEGINNING;
    }
    for (int i = slots.size() - 1; i >= 0; i--) {
      Slot slot = slots.get(i);
      if (slot.getTokensRead() == end.getTokensRead() && slot.getChain().equals(end.getChain())) {
        return new Standpoint(end, slots.subList(0, i + 1), new int[0]);
      }
    }
    long from = slots.isEmpty() ? 0 : slots.getLast().getTokensRead();
    long wanted = end.getTokensRead() - from;
    if (wanted < 0 || wanted > tail.length) {
      return null;
    }
    return reaching(end, from, Arrays.copyOf(tail, (int) wanted));
  }

  /**
   * The end of a turn by way of the slot after which these ids follow; null if they do not lead
   * there.
   *
   * @param from ids read before them
   */
  @Nullable Standpoint reaching(TurnRef end, long from, int[] ids) {
    for (int i = slots.size() - 1; i >= 0; i--) {
      Slot slot = slots.get(i);
      if (slot.getTokensRead() == from && leads(slot.getChain().toByteArray(), ids, end)) {
        return new Standpoint(end, slots.subList(0, i + 1), ids);
      }
    }
    return from == 0 && leads(NOTHING_READ, ids, end) ? new Standpoint(end, List.of(), ids) : null;
  }

  private static boolean leads(byte[] chain, int[] ids, TurnRef end) {
    return Arrays.equals(TurnIds.link(chain, ids), end.getChain().toByteArray());
  }
}
