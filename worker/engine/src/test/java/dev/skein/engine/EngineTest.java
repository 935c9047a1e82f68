package dev.skein.engine;

import static dev.skein.engine.DemoModel.LIVELY;
import static dev.skein.engine.DemoModel.MODEL;
import static dev.skein.engine.DemoModel.alone;
import static dev.skein.engine.DemoModel.ids;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class EngineTest {

  private static Generation.Builder story(int seed) {
    return Generation.of(ids("Once upon a time")).sampling(LIVELY).seed(seed).maxTokens(12);
  }

  /** Hears on the engine's thread, is read after the end. */
  private record Waiting(Outcome outcome, CountDownLatch ended, CountDownLatch began)
      implements GenerationListener {
    Waiting() {
      this(new Outcome(), new CountDownLatch(1), new CountDownLatch(1));
    }

    @Override
    public void onToken(DrawnToken token) {
      outcome.onToken(token);
      began.countDown();
    }

    @Override
    public void onEnd(GenerationEnd end) {
      outcome.onEnd(end);
      ended.countDown();
    }

    Outcome await() throws InterruptedException {
      assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
      return outcome;
    }
  }

  @Test
  void theExampleOfTheClassComment() throws Exception {
    Path path = Path.of(System.getProperty("skein.home"), "ops/models/skein-demo-9m");
    StringBuilder story = new StringBuilder();
    try (Model model = Model.open(path, Model.Options.defaults(), LoadProgress.NONE);
        Engine engine = Engine.start(model, EngineOptions.defaults())) {
      CountDownLatch done = new CountDownLatch(1);
      int[] prompt = model.tokenizer().encode("Once upon a time");
      engine.submit(
          Generation.of(prompt).maxTokens(40).build(),
          new GenerationListener() {
            @Override
            public void onToken(DrawnToken t) {
              story.append(t.text());
            }

            @Override
            public void onEnd(GenerationEnd e) {
              story.append(e.text());
              done.countDown();
            }
          });
      done.await();
    }
    assertThat(story.toString()).hasSizeGreaterThan(40);
  }

  @Test
  void manyThreadsSubmitAndEachGetsWhatItWouldGetAlone() throws Exception {
    List<Waiting> heard = new ArrayList<>();
    List<Generation> all = new ArrayList<>();
    try (Engine engine = Engine.start(MODEL, new EngineOptions(4, 16, 64))) {
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        Generation g = story(i).keepState(true).build();
        Waiting w = new Waiting();
        all.add(g);
        heard.add(w);
        clients.add(Thread.startVirtualThread(() -> submit(engine, g, w)));
      }
      for (Thread client : clients) {
        client.join();
      }
      for (Waiting w : heard) {
        w.await();
      }
    }
    for (int i = 0; i < all.size(); i++) { // now that the model is free
      heard.get(i).outcome().assertSameAs(alone(all.get(i)));
    }
  }

  private static void submit(Engine engine, Generation g, GenerationListener l) {
    try {
      engine.submit(g, l);
    } catch (EngineFullException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anIdleEngineWaits() throws Exception {
    AtomicInteger steps = new AtomicInteger();
    try (Engine engine =
        Engine.start(MODEL, EngineOptions.defaults(), (report, nanos) -> steps.incrementAndGet())) {
      Waiting w = new Waiting();
      submit(engine, story(1).build(), w);
      w.await();
      Thread thread = engineThread(engine);
      while (thread.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      int before = steps.get();
      assertThat(before).isEqualTo((int) engine.stats().steps()).isPositive();
      thread.join(200);
      assertThat(steps.get()).isEqualTo(before);
      assertThat(thread.getState()).isEqualTo(Thread.State.WAITING);
    }
  }

  private static Thread engineThread(Engine engine) {
    String name = "skein-engine-" + engine.model().name();
    return Thread.getAllStackTraces().keySet().stream()
        .filter(t -> t.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void cancelFromAnotherThread() throws Exception {
    try (Engine engine = Engine.start(MODEL, EngineOptions.defaults())) {
      Generation g = story(2).maxTokens(1_000_000).ignoreEndOfText(true).keepState(true).build();
      Waiting w = new Waiting();
      submit(engine, g, w);
      assertThat(w.began().await(60, TimeUnit.SECONDS)).isTrue();
      engine.cancel(g);
      engine.cancel(g);
      Outcome outcome = w.await();
      assertThat(outcome.end().reason()).isEqualTo(FinishReason.CANCELLED);
      assertThat(outcome.end().kept()).isEqualTo(outcome.ids());
      engine.cancel(g);
      Waiting again = new Waiting();
      submit(engine, g.toBuilder().maxTokens(3).build(), again);
      assertThat(again.await().end().reason()).isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void aFullQueueIsRefusedAndEmptiesAgain() throws Exception {
    try (Engine engine = Engine.start(MODEL, new EngineOptions(1, 8, 2))) {
      Generation endless = story(3).maxTokens(1_000_000).ignoreEndOfText(true).build();
      Waiting w = new Waiting();
      submit(engine, endless, w);
      assertThat(w.began().await(60, TimeUnit.SECONDS)).isTrue();
      while (engine.stats().running() == 0) { // as of the newest step: its slot left the queue
        Thread.onSpinWait();
      }
      Waiting a = new Waiting();
      Waiting b = new Waiting();
      submit(engine, story(4).build(), a);
      submit(engine, story(5).build(), b);
      assertThatThrownBy(() -> engine.submit(story(6).build(), new Waiting()))
          .isInstanceOf(EngineFullException.class);
      assertThatThrownBy(() -> engine.submit(endless, new Waiting()))
          .isInstanceOfAny(EngineFullException.class);
      engine.cancel(endless);
      w.await();
      a.await();
      b.await();
      Waiting c = new Waiting();
      submit(engine, story(7).build(), c);
      assertThat(c.await().end().reason()).isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void closeEndsEverything() throws Exception {
    Engine engine = Engine.start(MODEL, new EngineOptions(1, 8, 8));
    Waiting running = new Waiting();
    Waiting waiting = new Waiting();
    Generation.Builder endless = story(8).maxTokens(1_000_000).ignoreEndOfText(true);
    submit(engine, endless.keepState(true).build(), running);
    submit(engine, endless.build(), waiting);
    assertThat(running.began().await(60, TimeUnit.SECONDS)).isTrue();
    engine.close();
    for (Waiting w : List.of(running, waiting)) {
      assertThat(w.await().end().reason()).isEqualTo(FinishReason.CANCELLED);
      assertThat(w.outcome().end().error()).contains("closed");
    }
    assertThat(running.outcome().end().state()).isNotNull();
    assertThatThrownBy(() -> engine.submit(story(9).build(), new Waiting()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThat(engine.failure()).isNull();
    engine.close();
  }

  @Test
  void theSameObjectRunsOnceAtATime() throws Exception {
    try (Engine engine = Engine.start(MODEL, new EngineOptions(2, 8, 8))) {
      Generation g = story(10).maxTokens(1_000_000).ignoreEndOfText(true).build();
      Waiting w = new Waiting();
      submit(engine, g, w);
      assertThatThrownBy(() -> engine.submit(g, new Waiting()))
          .isInstanceOf(IllegalArgumentException.class);
      engine.cancel(g);
      assertThat(w.await().end().reason()).isEqualTo(FinishReason.CANCELLED);
    }
  }

  /** Without turns the second one that calls finds the threads in use, and ends. */
  @Test
  void enginesThatShareTheirThreadsTakeTurns() throws Exception {
    List<Waiting> both = List.of(new Waiting(), new Waiting());
    try (Engine one = Engine.start(MODEL, EngineOptions.defaults());
        Engine other = Engine.start(MODEL, EngineOptions.defaults())) {
      List<Engine> engines = List.of(one, other);
      for (int i = 0; i < engines.size(); i++) {
        engines.get(i).submit(story(i).maxTokens(200).build(), both.get(i));
      }
      for (Waiting story : both) {
        story.await();
      }
    }
    for (int i = 0; i < both.size(); i++) {
      both.get(i).outcome().assertSameAs(alone(story(i).maxTokens(200).build()));
    }
  }
}
