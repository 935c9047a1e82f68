package dev.skein.store;

import dev.skein.proto.TurnRef;

/**
 * What a session had read at the end of a turn.
 *
 * @param end the turn
 * @param from how many ids come before {@code ids}
 * @param ids the ids from there to the turn's end
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares these
public record Past(TurnRef end, long from, int[] ids) {}
