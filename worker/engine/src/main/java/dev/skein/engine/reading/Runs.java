package dev.skein.engine.reading;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.Engine;
import dev.skein.engine.EngineFullException;
import dev.skein.engine.EngineStep;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.GenerationListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;

/** Runs generations to their ends, never more at a time than the queue of the engine holds. */
final class Runs {
  private static final long ROOM_LOOK_NANOS = 1_000_000;

  private Runs() {}

  /** A generation's end, when it comes. */
  private static final class Ending implements GenerationListener {
    final CompletableFuture<GenerationEnd> end = new CompletableFuture<>();

    @Override
    public void onToken(DrawnToken token) {}

    @Override
    public void onEnd(GenerationEnd ended) {
      end.complete(ended);
    }
  }

  private interface Submission {
    void to(Generation generation, GenerationListener listener) throws EngineFullException;
  }

  static List<GenerationEnd> on(EngineStep step, List<Generation> generations) {
    List<Ending> endings = new ArrayList<>();
    for (Generation generation : generations) {
      endings.add(submitted(step::submit, generation, () -> runSome(step)));
    }
    while (!endings.stream().allMatch(e -> e.end.isDone())) {
      runSome(step);
    }
    return endings.stream().map(e -> e.end.join()).toList();
  }

  private static void runSome(EngineStep step) {
    if (step.idle()) {
      throw new IllegalStateException("the engine has nothing to do and an answer is missing");
    }
    step.run();
  }

  static List<GenerationEnd> on(Engine engine, List<Generation> generations) {
    List<Ending> endings = new ArrayList<>();
    for (Generation generation : generations) {
      endings.add(submitted(engine::submit, generation, () -> awaitOne(endings)));
    }
    return endings.stream().map(Runs::await).toList();
  }

  /** Submits, making room as often as the queue is full. */
  private static Ending submitted(Submission submission, Generation generation, Runnable makeRoom) {
    Ending ending = new Ending();
    while (true) {
      try {
        submission.to(generation, ending);
        return ending;
      } catch (EngineFullException e) {
        makeRoom.run();
      }
    }
  }

  /**
   * Waits for the oldest of ours that runs; if there is none, others fill the queue, or the engine
   * has not yet counted what has left it. A live engine always makes room.
   */
  private static void awaitOne(List<Ending> endings) {
    for (Ending ending : endings) {
      if (!ending.end.isDone()) {
        await(ending);
        return;
      }
    }
    LockSupport.parkNanos(ROOM_LOOK_NANOS);
    if (Thread.interrupted()) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the engine");
    }
  }

  private static GenerationEnd await(Ending ending) {
    try {
      return ending.end.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the engine was reading", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }
}
