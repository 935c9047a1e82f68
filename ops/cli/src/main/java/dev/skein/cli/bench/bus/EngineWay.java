package dev.skein.cli.bench.bus;

import dev.skein.bench.Recording;
import dev.skein.bench.Workload;
import dev.skein.cli.CommandFailure;
import dev.skein.engine.DrawnToken;
import dev.skein.engine.Engine;
import dev.skein.engine.EngineFullException;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.GenerationListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The engine alone, asked and heard in its own process. */
public final class EngineWay implements Way {
  private final Engine engine;
  private final Duration patience;

  /** Asks this engine; gives up after {@code patience}. */
  public EngineWay(Engine engine, Duration patience) {
    this.engine = engine;
    this.patience = patience;
  }

  @Override
  public Played run(Workload workload) {
    Heard heard = play(workload, 0, workload.sessions());
    return new Played(
        heard.recordings.stream().map(Recording::tokens).toList(),
        heard.lastNanos - heard.firstNanos);
  }

  @Override
  public long firstToken(Workload workload, int session) {
    long asked = System.nanoTime();
    return play(workload, session, session + 1).firstNanos - asked;
  }

  private Heard play(Workload workload, int from, int to) {
    Heard heard = new Heard(to - from);
    int vocabulary = engine.model().rwkv().config().vocabulary();
    try {
      for (int i = from; i < to; i++) {
        engine.submit(workload.generation(i, vocabulary), heard.listener(workload.drawnTokens()));
      }
      if (!heard.ended.await(patience.toSeconds(), TimeUnit.SECONDS)) {
        throw new CommandFailure("the engine did not end within " + patience.toSeconds() + " s");
      }
    } catch (EngineFullException e) {
      throw new CommandFailure("the engine does not take so many sessions at once", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
    return heard;
  }

  /** Written on the engine's thread, read when all have ended. */
  private static final class Heard {
    private final List<Recording> recordings = new ArrayList<>();
    private final CountDownLatch ended;
    private volatile long firstNanos;
    private volatile long lastNanos;

    Heard(int sessions) {
      ended = new CountDownLatch(sessions);
    }

    GenerationListener listener(int tokens) {
      Recording recording = new Recording(tokens);
      recordings.add(recording);
      return new GenerationListener() {
        @Override
        public void onToken(DrawnToken token) {
          recording.onToken(token);
          lastNanos = System.nanoTime();
          if (firstNanos == 0) {
            firstNanos = lastNanos;
          }
        }

        @Override
        public void onEnd(GenerationEnd end) {
          recording.onEnd(end);
          ended.countDown();
        }
      };
    }
  }
}
