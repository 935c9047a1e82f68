package dev.skein.worker.shard;

import dev.skein.proto.Manifest;
import dev.skein.proto.Pin;
import dev.skein.proto.Slot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which slots of a session may be written. A slot stays untouched while the committed manifest, a
 * newer one that is not committed yet, or a snapshot on its way names it; so there is always one
 * more slot than manifests name, and the lowest free one is taken.
 */
final class SlotRing {

  /** A session in use keeps so many snapshots, for rewinds and forks. */
  static final int KEPT_MAX = 4;

  private Set<Integer> committed = Set.of();
  private Set<Integer> written = Set.of();
  private final Set<Integer> onTheWay = new HashSet<>();
  private final Set<Integer> used = new HashSet<>();
  private int chunks = 1;
  private boolean open;

  /** This manifest is the committed one. */
  void restored(Manifest manifest) {
    committed = named(manifest);
    written = committed;
    used.addAll(committed);
    for (Slot slot : manifest.getSlotsList()) {
      chunks = Math.max(chunks, slot.getChunkOffsetsCount());
    }
  }

  /** This manifest lies in the open transaction now. */
  Manifest written(Manifest.Builder manifest) {
    Manifest built = manifest.build();
    written = named(built);
    open = true;
    return built;
  }

  /** The manifests written so far are committed. */
  void committed() {
    if (open) {
      committed = written;
      open = false;
    }
  }

  /** A manifest lies in the open transaction. */
  boolean isOpen() {
    return open;
  }

  /** The slot for the next snapshot, which is on its way from now on. */
  int take() {
    int slot = 0;
    while (committed.contains(slot) || written.contains(slot) || onTheWay.contains(slot)) {
      slot++;
    }
    onTheWay.add(slot);
    used.add(slot);
    return slot;
  }

  /** A snapshot has arrived; the caller names it in a manifest, or it is free again. */
  void arrived(Slot slot) {
    onTheWay.remove(slot.getSlot());
    chunks = Math.max(chunks, slot.getChunkOffsetsCount());
  }

  /** A snapshot is on its way. */
  boolean isBusy() {
    return !onTheWay.isEmpty();
  }

  /** Slots that hold something nobody names any more, to be deleted; they count as unused then. */
  List<Integer> takeGarbage() {
    List<Integer> garbage = new ArrayList<>(used);
    garbage.removeIf(slot -> committed.contains(slot) || written.contains(slot));
    garbage.removeIf(onTheWay::contains);
    garbage.forEach(used::remove);
    return garbage;
  }

  /**
   * Every slot that may hold something, those included that an earlier owner wrote and no manifest
   * names: a deleted session leaves nothing behind.
   */
  Set<Integer> all() {
    Set<Integer> all = new TreeSet<>(used);
    for (int slot = 0; slot < KEPT_MAX + 3; slot++) {
      all.add(slot);
    }
    used.clear();
    return all;
  }

  /** The snapshots that are kept when another one is stored, which is the newest. */
  static List<Slot> with(List<Slot> slots, Slot newest) {
    List<Slot> kept = new ArrayList<>(slots);
    kept.add(newest);
    return List.copyOf(kept.subList(Math.max(0, kept.size() - KEPT_MAX), kept.size()));
  }

  /** Chunks of the largest snapshot that was seen. */
  int chunks() {
    return chunks;
  }

  private static Set<Integer> named(Manifest manifest) {
    Set<Integer> slots = new HashSet<>();
    manifest.getSlotsList().forEach(slot -> slots.add(slot.getSlot()));
    if (manifest.hasUnfinished()) {
      slots.add(manifest.getUnfinished().getSlot().getSlot());
    }
    for (Pin pin : manifest.getPinsList()) {
      if (!pin.getDigest().isEmpty()) {
        slots.add(pin.getSlot());
      }
    }
    return Set.copyOf(slots);
  }
}
