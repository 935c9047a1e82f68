package dev.skein.cli.web;

import dev.skein.cli.web.HubException.Kind;
import java.time.Duration;

/** Counts the attempts at one thing, and waits between them. */
public final class Retries {
  private static final int DOUBLINGS_MAX = 4;
  private static final long PROGRESS = 1 << 20;

  private final Patience patience;
  private final Pauses pauses;
  private boolean reached;
  private int failures;
  private long arrived;

  public Retries(Patience patience, Pauses pauses) {
    this.patience = patience;
    this.pauses = pauses;
  }

  /** Bytes came: enough of them are a new beginning. */
  public void progressed(long bytes) {
    reached = true;
    arrived += bytes;
    if (arrived >= PROGRESS) {
      arrived = 0;
      failures = 0;
    }
  }

  /** Returns when it is time for the next attempt, or throws what makes one senseless. */
  public void failed(HubException e) throws HubException {
    failures++;
    // Who is not reached at first is not there; who goes away in between may come back.
    boolean hopeless = e.kind() == Kind.FINAL || (e.kind() == Kind.UNREACHABLE && !reached);
    if (hopeless) {
      throw e;
    }
    reached = true;
    if (failures >= patience.attempts()) {
      HubException last = HubException.last(e.getMessage() + " (after " + failures + " attempts)");
      last.initCause(e);
      throw last;
    }
    pauses.pause(wait(e));
  }

  private Duration wait(HubException e) throws HubException {
    Duration usual = patience.backOff().multipliedBy(1L << Math.min(failures - 1, DOUBLINGS_MAX));
    Duration asked = e.retryAfter();
    if (asked == null) {
      return usual;
    }
    if (asked.compareTo(patience.retryAfterMax()) > 0) {
      throw e;
    }
    return asked.compareTo(usual) > 0 ? asked : usual;
  }
}
