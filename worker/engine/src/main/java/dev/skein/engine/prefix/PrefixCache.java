package dev.skein.engine.prefix;

import dev.skein.model.StateSlab;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The states themselves; the one that was used longest ago gives way. One thread owns a cache. */
public final class PrefixCache implements AutoCloseable {
  private static final int STATES_MAX = 4096;
  private static final long PRIME = 0x9E3779B97F4A7C15L;

  /** A state and the sum of its bits when it was taken. */
  private record Kept(MemorySegment memory, long sum) {}

  private final StateSlab slab;
  private final int statesMax;
  private final int verifyEvery;
  private final Arena arena = Arena.ofShared();
  private final Map<PrefixChain.Key, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);
  private final Deque<MemorySegment> free = new ArrayDeque<>();
  private long queries;
  private long hits;
  private long found;
  private long verified;
  private long mismatches;

  /** A cache of the states of a slab. */
  public PrefixCache(StateSlab slab, PrefixOptions options) {
    this.slab = slab;
    this.statesMax = (int) Math.min(STATES_MAX, options.bytes() / slab.layout().bytes());
    this.verifyEvery = options.verifyEvery();
  }

  /** The part of the cache in a run over a prompt from its beginning; null if there is no cache. */
  public @Nullable PrefixRun run(String tenant, int[] prompt) {
    return statesMax == 0 || prompt.length <= PrefixChain.CHUNK
        ? null
        : new PrefixRun(this, new PrefixChain(tenant, prompt), prompt.length);
  }

  /** What it did so far. */
  public PrefixCounts counts() {
    return new PrefixCounts(queries, hits, verified, mismatches, kept.size());
  }

  /** The memory of all states, the one used longest ago first. */
  public List<MemorySegment> states() {
    return kept.values().stream().map(Kept::memory).toList();
  }

  /** Changes every state and its sum, so that only computing again can tell; for tests of that. */
  public void forge(Consumer<MemorySegment> change) {
    kept.replaceAll((key, state) -> {
      change.accept(state.memory());
      return new Kept(state.memory(), sum(state.memory(), 0));
    });
  }

  void asked(int tokens) {
    queries += tokens;
  }

  void saved(int tokens) {
    hits += tokens;
  }

  boolean has(PrefixChain.Key key) {
    return kept.containsKey(key);
  }

  /** Whether a sound state is there; one that is damaged is dropped. */
  boolean find(PrefixChain.Key key) {
    Kept state = kept.get(key);
    if (state == null) {
      return false;
    }
    if (sum(state.memory(), 0) != state.sum()) {
      refuse(key);
      return false;
    }
    return true;
  }

  /** Whether the state that was just found is to be computed again instead of given out. */
  boolean isSample() {
    return ++found % verifyEvery == 0;
  }

  void load(PrefixChain.Key key, int slot) {
    Kept state = kept.get(key);
    if (state == null) {
      throw new IllegalStateException("a state is loaded that was not found");
    }
    MemorySegment.copy(state.memory(), 0, slab.memory(), slab.offset(slot), slab.layout().bytes());
  }

  /** Compares what was computed with what would have been given out. */
  void verify(PrefixChain.Key key, int slot) {
    Kept state = kept.get(key);
    if (state == null) {
      return;
    }
    long from = slab.offset(slot);
    long bytes = slab.layout().bytes();
    if (MemorySegment.mismatch(state.memory(), 0, bytes, slab.memory(), from, from + bytes) >= 0) {
      refuse(key);
    } else {
      verified++;
    }
  }

  private void refuse(PrefixChain.Key key) {
    mismatches++;
    Kept gone = kept.remove(key);
    if (gone != null) {
      free.push(gone.memory());
    }
  }

  void keep(PrefixChain.Key key, int slot) {
    MemorySegment memory = room();
    long from = slab.offset(slot);
    MemorySegment.copy(slab.memory(), from, memory, 0, slab.layout().bytes());
    kept.put(key, new Kept(memory, sum(slab.memory(), from)));
  }

  private MemorySegment room() {
    if (!free.isEmpty()) {
      return free.pop();
    }
    if (kept.size() < statesMax) {
      return arena.allocate(slab.layout().bytes(), 64);
    }
    Iterator<Kept> oldest = kept.values().iterator();
    MemorySegment memory = oldest.next().memory();
    oldest.remove();
    return memory;
  }

  /** A sum that a single changed bit changes: four multiplications run at once. */
  private long sum(MemorySegment memory, long from) {
    long end = from + slab.layout().bytes();
    long a = 1;
    long b = 2;
    long c = 3;
    long d = 4;
    long at = from;
    for (; at + 32 <= end; at += 32) {
      a = (a ^ memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at)) * PRIME;
      b = (b ^ memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at + 8)) * PRIME;
      c = (c ^ memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at + 16)) * PRIME;
      d = (d ^ memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at + 24)) * PRIME;
    }
    for (; at < end; at += 4) {
      a = (a ^ memory.get(ValueLayout.JAVA_INT_UNALIGNED, at)) * PRIME;
    }
    return ((a * PRIME ^ b) * PRIME ^ c) * PRIME ^ d;
  }

  @Override
  public void close() {
    arena.close();
  }
}
