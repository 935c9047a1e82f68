package dev.skein.cli.cluster;

import dev.skein.cli.cluster.MemberBoard.Founder;
import dev.skein.cli.cluster.MemberBoard.Standing;
import dev.skein.cli.cluster.MemberBoard.View;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a node into the cluster with the help of a {@link MemberBoard} alone. It joins any member
 * that was heard a moment ago, if it reaches all of them ({@link Entrance}); where there is none,
 * or none lets it in within five seconds, it founds a cluster, which the board lets one node do. A
 * node that reads of a younger cluster than its own leaves: two clusters at once are possible for
 * seconds, harmless, and heal.
 */
public final class Membership implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Membership.class);
  private static final long BEAT_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final ClusterSystem system;
  private final MemberBoard board;
  private final Thread thread;
  private volatile boolean closed;

  // Of the thread.
  private final Entrance entrance;
  private long generation;
  private boolean asked;
  private long askedNanos;
  private String waitedFor = "";

  private Membership(ClusterSystem system, MemberBoard board) {
    this.system = system;
    this.board = board;
    this.entrance = new Entrance(system.address(), Contact::with);
    this.thread = Thread.ofPlatform().name("skein-membership").daemon().unstarted(this::run);
  }

  /**
   * Begins.
   *
   * @param board closed with this
   */
  public static Membership start(ClusterSystem system, MemberBoard board) {
    Membership membership = new Membership(system, board);
    membership.thread.start();
    return membership;
  }

  private void run() {
    boolean wasUp = false;
    while (!closed && !system.ended()) {
      boolean up = system.isUp();
      if (wasUp && !up) {
        break; // this life is over: its word must not keep others out while it ends
      }
      wasUp = up;
      boolean isAnnouncing = false;
      try {
        View view = board.exchange(up ? Standing.MEMBER : entrance.standing(), generation);
        if (up) {
          stay(view);
        } else {
          isAnnouncing = enter(view);
        }
      } catch (RuntimeException e) {
        LOG.warn("the nodes of the cluster cannot be asked for in Kafka: {}", e.toString());
      }
      if (!isAnnouncing) {
        LockSupport.parkNanos(up ? BEAT_NANOS : LOOK_NANOS);
      }
    }
    try {
      board.close();
    } catch (RuntimeException e) {
      LOG.debug("the board was left open", e);
    }
  }

  private void stay(View view) {
    long youngest =
        view.nodes().stream()
            .filter(beat -> beat.standing() == Standing.MEMBER)
            .mapToLong(MemberBoard.Beat::generation)
            .max()
            .orElse(0);
    if (youngest > generation) {
      LOG.warn(
          "there is a younger cluster ({}) than this one ({}): going there", youngest, generation);
      system.leave();
    }
  }

  /** Goes a step in; true if it has a word for the board. */
  private boolean enter(View view) {
    if (asked && System.nanoTime() - askedNanos < PATIENCE_NANOS) {
      return false;
    }
    Entrance.Step step = entrance.next(view.nodes());
    switch (step) {
      case Entrance.Step.Wait wait -> waitFor(wait.node());
      case Entrance.Step.Announce _ -> LOG.debug("all members can be reached: joining");
      case Entrance.Step.Ask ask -> {
        generation = ask.member().generation();
        ask();
        system.join(ask.member().address());
      }
      case Entrance.Step.Found _ -> found();
    }
    return step instanceof Entrance.Step.Announce;
  }

  private void waitFor(String node) {
    if (!waitedFor.equals(node)) {
      LOG.warn("{} cannot be reached from here: waiting to join until it can, or is gone", node);
      waitedFor = node;
    }
  }

  private void found() {
    Founder founder = board.found();
    if (founder == null) {
      return;
    }
    generation = founder.generation();
    ask();
    if (founder.address().equals(system.address())) {
      LOG.info("founding cluster {}", generation);
      system.found();
    } else {
      system.join(founder.address());
    }
  }

  private void ask() {
    asked = true;
    askedNanos = System.nanoTime();
  }

  /** Stops; the board is told. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join(TimeUnit.NANOSECONDS.toMillis(PATIENCE_NANOS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
