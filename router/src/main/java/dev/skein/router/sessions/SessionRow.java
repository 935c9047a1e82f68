package dev.skein.router.sessions;

import dev.skein.proto.Manifest;
import dev.skein.proto.Slot;

/**
 * One stored session, as its newest manifest says.
 *
 * @param name on the bus
 * @param turn of its head
 * @param index of the next token in that turn
 * @param nextTurn the number that its next turn gets
 * @param firstTurn the first one of this life of the session: earlier ones were deleted
 * @param parentTurn the turn that the head came from
 * @param stateBytes of the newest snapshot; 0 if there is none
 * @param storedBytes of all snapshots that are kept
 * @param slots how many those are
 * @param partition of {@code manifests} in which the manifest lies: the session's shard
 * @param offset of the manifest there
 */
public record SessionRow(
    String name,
    String model,
    int turn,
    int index,
    int nextTurn,
    int firstTurn,
    int parentTurn,
    long tokensRead,
    long stateBytes,
    long storedBytes,
    int slots,
    long updatedMs,
    int partition,
    long offset) {

  /** The line that a manifest makes. */
  public static SessionRow of(String name, Manifest manifest, int partition, long offset) {
    int slots = manifest.getSlotsCount();
    return new SessionRow(
        name,
        manifest.getModel().intern(),
        manifest.getPosition().getTurn(),
        manifest.getPosition().getIndex(),
        manifest.getNextTurn(),
        manifest.getFirstTurn(),
        manifest.getParentTurn(),
        manifest.getTokensRead(),
        slots == 0 ? 0 : manifest.getSlots(slots - 1).getBytes(),
        manifest.getSlotsList().stream().mapToLong(Slot::getBytes).sum(),
        slots,
        manifest.getUpdatedMs(),
        partition,
        offset);
  }
}
