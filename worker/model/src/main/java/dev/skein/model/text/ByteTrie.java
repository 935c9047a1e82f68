package dev.skein.model.text;

import java.util.Arrays;

/**
 * A trie over bytes. Its edges lie in one open-addressed table from (node, byte) to node, so that a
 * step of a search is one probe. Node 0 is the root; the value of a node is the token that ends
 * there, or -1.
 */
final class ByteTrie {
  private static final int NONE = -1;

  private long[] keys = new long[1 << 10];
  private int[] targets = new int[1 << 10];
  private int[] values = new int[1 << 8];
  private int nodes = 1;

  ByteTrie() {
    Arrays.fill(keys, NONE);
    Arrays.fill(values, NONE);
  }

  /** Adds a word; returns the value that it had before, or -1. */
  int put(byte[] word, int value) {
    int node = 0;
    for (byte b : word) {
      node = childOrNew(node, b & 0xff);
    }
    int before = values[node];
    values[node] = value;
    return before;
  }

  /** The node that this byte leads to, or -1. */
  int child(int node, int b) {
    int slot = slot(node, b);
    return keys[slot] == NONE ? NONE : targets[slot];
  }

  /** The value of a node, or -1. */
  int value(int node) {
    return values[node];
  }

  private int childOrNew(int node, int b) {
    int slot = slot(node, b);
    if (keys[slot] != NONE) {
      return targets[slot];
    }
    if (nodes == values.length) {
      values = Arrays.copyOf(values, 2 * nodes);
      Arrays.fill(values, nodes, values.length, NONE);
    }
    keys[slot] = key(node, b);
    targets[slot] = nodes;
    if (2 * nodes > keys.length) {
      grow();
    }
    return nodes++;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldTargets = targets;
    keys = new long[2 * oldKeys.length];
    targets = new int[2 * oldKeys.length];
    Arrays.fill(keys, NONE);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != NONE) {
        int slot = slot((int) (oldKeys[i] >>> 8), (int) oldKeys[i] & 0xff);
        keys[slot] = oldKeys[i];
        targets[slot] = oldTargets[i];
      }
    }
  }

  private int slot(int node, int b) {
    long key = key(node, b);
    int mask = keys.length - 1;
    int slot = (int) ((key * 0x9E3779B97F4A7C15L) >>> 40) & mask;
    while (keys[slot] != NONE && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static long key(int node, int b) {
    return (long) node << 8 | b;
  }
}
