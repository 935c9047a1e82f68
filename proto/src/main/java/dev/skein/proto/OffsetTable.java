package dev.skein.proto;

import java.util.Arrays;
import java.util.function.ToLongFunction;

/**
 * Where each name's newest record lies: a hash of the name (64 bits) → offset, open addressing, 16
 * bytes a place and half to three quarters of the places taken, so that a million names cost 21 to
 * 32 MB. It may point to the record of another name of the same hash: who reads a record through it
 * checks the key. For one thread at a time.
 */
public final class OffsetTable {
  private static final long EMPTY = -1;
  private static final int PLACES_AT_FIRST = 64;

  private final ToLongFunction<byte[]> hash;
  private long[] hashes = new long[PLACES_AT_FIRST];
  private long[] offsets = emptyPlaces(PLACES_AT_FIRST);
  private int size;

  /**
   * An empty one.
   *
   * @param hash of names, whose authors must not be able to make them collide
   */
  public OffsetTable(ToLongFunction<byte[]> hash) {
    this.hash = hash;
  }

  /** How many names were put in. */
  public int size() {
    return size;
  }

  /** Of its arrays. */
  long bytes() {
    return 2L * Long.BYTES * hashes.length;
  }

  /** The offset that was put in last for a name or another one of its hash, or -1. */
  public long find(byte[] name) {
    return offsets[place(hash.applyAsLong(name))];
  }

  /** The newest record of a name lies there: 0 or more. */
  public void put(byte[] name, long offset) {
    long key = hash.applyAsLong(name);
    int place = place(key);
    if (offsets[place] == EMPTY && ++size > hashes.length / 4 * 3) {
      grow();
      place = place(key);
    }
    hashes[place] = key;
    offsets[place] = offset;
  }

  private int place(long key) {
    int place = (int) Math.unsignedMultiplyHigh(key, hashes.length);
    while (offsets[place] != EMPTY && hashes[place] != key) {
      place = place + 1 == hashes.length ? 0 : place + 1;
    }
    return place;
  }

  private void grow() {
    long[] oldHashes = hashes;
    long[] oldOffsets = offsets;
    hashes = new long[oldHashes.length / 2 * 3];
    offsets = emptyPlaces(hashes.length);
    for (int i = 0; i < oldHashes.length; i++) {
      if (oldOffsets[i] != EMPTY) {
        int place = place(oldHashes[i]);
        hashes[place] = oldHashes[i];
        offsets[place] = oldOffsets[i];
      }
    }
  }

  private static long[] emptyPlaces(int count) {
    long[] places = new long[count];
    Arrays.fill(places, EMPTY);
    return places;
  }
}
