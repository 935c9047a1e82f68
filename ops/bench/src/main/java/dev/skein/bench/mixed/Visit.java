package dev.skein.bench.mixed;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.GenerationListener;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One session from its arrival to its end, with the time of each of its tokens. */
final class Visit implements GenerationListener {
  private static final int KEPT = 512;

  private final Generation generation;
  private final long arrived;
  private final Meters meters;
  private int[] first = new int[16];
  private int drawn;
  private long last;
  private boolean ended;

  /** Where visits write their times; null meters measure nothing. */
  static final class Meters {
    private @Nullable Latencies firstToken;
    private @Nullable Latencies betweenTokens;

    /** From now on durations go there. */
    void to(@Nullable Latencies firstToken, @Nullable Latencies betweenTokens) {
      this.firstToken = firstToken;
      this.betweenTokens = betweenTokens;
    }
  }

  Visit(Generation generation, long arrived, Meters meters) {
    this.generation = generation;
    this.arrived = arrived;
    this.meters = meters;
  }

  @Override
  public void onToken(DrawnToken token) {
    long now = System.nanoTime();
    Latencies to = drawn == 0 ? meters.firstToken : meters.betweenTokens;
    if (to != null) {
      to.add(now - (drawn == 0 ? arrived : last));
    }
    last = now;
    if (drawn < KEPT) {
      if (drawn == first.length) {
        first = Arrays.copyOf(first, 2 * drawn);
      }
      first[drawn] = token.token();
    }
    drawn++;
  }

  @Override
  public void onEnd(GenerationEnd end) {
    ended = true;
    if (end.reason() == FinishReason.ERROR) {
      throw new IllegalStateException("a session of the bench failed: " + end.error());
    }
  }

  boolean ended() {
    return ended;
  }

  /** What it asked for, up to where tokens are remembered. */
  Generation remembered() {
    return generation.toBuilder().maxTokens(Math.min(drawn, KEPT)).build();
  }

  /** The first tokens that it drew. */
  int[] tokens() {
    return Arrays.copyOf(first, Math.min(drawn, KEPT));
  }
}
