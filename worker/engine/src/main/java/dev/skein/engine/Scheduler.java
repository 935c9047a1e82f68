package dev.skein.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides who runs and who feeds how much. Slots are a free list. A slot goes to the waiting
 * generation of the highest priority; among those, to the tenant that holds the fewest slots; among
 * those, to the one that came first. Every running sequence feeds at least one token a step; the
 * rest of the budget goes to the highest priority that wants it, in equal shares, and what one
 * sequence cannot use goes to the others.
 */
final class Scheduler {
  /**
   * How many tokens of a step, beside one a slot, may want logits: at 65,536 tokens of vocabulary
   * each costs 256 KiB.
   */
  static final int PROBED_TOKENS = 32;

  private final EngineOptions options;
  private final List<Sequence> waiting = new ArrayList<>();
  private final List<Sequence> running = new ArrayList<>();
  private final int[] freeSlots;
  private int free;
  private final int[] shares;
  private final int[] wants;

  Scheduler(EngineOptions options) {
    this.options = options;
    this.freeSlots = new int[options.slots()];
    this.shares = new int[options.slots()];
    this.wants = new int[options.slots()];
    for (int i = 0; i < freeSlots.length; i++) {
      freeSlots[i] = freeSlots.length - 1 - i;
    }
    this.free = freeSlots.length;
  }

  /** Takes a sequence into the queue. */
  void enqueue(Sequence sequence) throws EngineFullException {
    if (waiting.size() >= options.queue()) {
      throw new EngineFullException(options.queue());
    }
    waiting.add(sequence);
  }

  /** Sequences without a slot, in order of arrival. */
  List<Sequence> waiting() {
    return waiting;
  }

  /** Sequences with a slot, in order of admission. */
  List<Sequence> running() {
    return running;
  }

  /**
   * Moves the next waiting sequence to the running ones and returns it; null if there is none, or
   * no free slot.
   */
  @Nullable Sequence admit() {
    if (free == 0 || waiting.isEmpty()) {
      return null;
    }
    int best = 0;
    for (int i = 1; i < waiting.size(); i++) {
      if (goesBefore(waiting.get(i), waiting.get(best))) {
        best = i;
      }
    }
    Sequence next = waiting.remove(best);
    running.add(next);
    return next;
  }

  /** A free slot for the sequence that was just admitted. */
  int takeSlot() {
    return freeSlots[--free];
  }

  /** The sequence has ended: it waits and runs no more, and its slot is free. */
  void remove(Sequence sequence) {
    if (running.remove(sequence)) {
      freeSlots[free++] = sequence.slot();
    } else {
      waiting.remove(sequence);
    }
  }

  private boolean goesBefore(Sequence a, Sequence b) {
    if (a.request.priority() != b.request.priority()) {
      return a.request.priority() > b.request.priority();
    }
    int heldByA = slotsOf(a.request.tenant());
    int heldByB = slotsOf(b.request.tenant());
    return heldByA != heldByB ? heldByA < heldByB : a.order < b.order;
  }

  private int slotsOf(String tenant) {
    int held = 0;
    for (Sequence s : running) {
      if (s.request.tenant().equals(tenant)) {
        held++;
      }
    }
    return held;
  }

  /** How many tokens each running sequence feeds in this step, by its place in {@link #running}. */
  int[] shares() {
    int left = options.tokensPerStep();
    Arrays.fill(shares, 0);
    int probing = (int) running.stream().filter(Sequence::probing).count();
    for (int i = 0; i < running.size(); i++) {
      Sequence s = running.get(i);
      wants[i] = s.probing() ? Math.min(s.wanted(), 1 + PROBED_TOKENS / probing) : s.wanted();
      shares[i] = Math.min(1, wants[i]);
      left -= shares[i];
    }
    while (left > 0) {
      int given = shareOut(left);
      if (given == 0) {
        break;
      }
      left -= given;
    }
    return shares;
  }

  /** What the newest call of {@link #shares} returned. */
  int[] lastShares() {
    return shares;
  }

  /** One round: equal parts for the hungry sequences of the highest priority. */
  private int shareOut(int left) {
    int priority = Integer.MIN_VALUE;
    int hungry = 0;
    for (int i = 0; i < running.size(); i++) {
      int p = running.get(i).request.priority();
      if (wants[i] > shares[i] && (hungry == 0 || p >= priority)) {
        hungry = p == priority ? hungry + 1 : 1;
        priority = p;
      }
    }
    int given = 0;
    for (int i = 0; hungry > 0 && i < running.size() && given < left; i++) {
      if (wants[i] > shares[i] && running.get(i).request.priority() == priority) {
        int part = Math.min(Math.max(1, left / hungry), left - given);
        int more = Math.min(part, wants[i] - shares[i]);
        shares[i] += more;
        given += more;
      }
    }
    return given;
  }
}
