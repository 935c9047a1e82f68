package dev.skein.engine;

import dev.skein.kernels.ThreadPolicy;
import dev.skein.kernels.Turns;
import dev.skein.model.Model;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A model that serves many generations at once: one thread that runs {@link EngineStep} while there
 * is something to do and sleeps while there is not.
 *
 * <p>As a library, in ten lines:
 *
 * <pre>{@code
 * try (Model model = Model.open(Path.of("ops/models/skein-demo-9m"), Model.Options.defaults(), LoadProgress.NONE);
 *     Engine engine = Engine.start(model, EngineOptions.defaults())) {
 *   CountDownLatch done = new CountDownLatch(1);
 *   int[] prompt = model.tokenizer().encode("Once upon a time");
 *   engine.submit(Generation.of(prompt).maxTokens(40).build(), new GenerationListener() {
 *     public void onToken(DrawnToken t) { story.append(t.text()); }
 *     public void onEnd(GenerationEnd e) { story.append(e.text()); done.countDown(); }
 *   });
 *   done.await();
 * }
 * }</pre>
 *
 * <p>What the model says about given text (scores, rankings, vectors) is asked by {@link
 * dev.skein.engine.reading.Reader}, or by hand with a {@link Probe} on a generation that draws
 * nothing.
 *
 * <p>Engines of models that compute with the same threads take turns, a step each.
 *
 * <p>Any thread may submit and cancel. Listeners are called on the engine's thread. What a
 * generation draws does not depend on what runs beside it. A fault of one generation ends that
 * generation; a fault of the arithmetic ends the engine with all its generations, and {@link
 * #failure} tells it.
 */
public final class Engine implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Engine.class.getName());

  private sealed interface Command {
    record Submit(Generation generation, GenerationListener listener) implements Command {}

    record Cancel(Generation generation) implements Command {}

    record Capture(Generation generation, int afterTokens) implements Command {}

    record Close() implements Command {}
  }

  private final Model model;
  private final EngineOptions options;
  private final EngineObserver observer;
  private final EngineStep step;
  private final Pace pace;
  private final Turns turns;
  private final Thread thread;

  // Bounded by the limit of waiting and running generations: each has at most one submit and one
  // cancel here, and a capture for each that its listener was told before.
  private final BlockingQueue<Command> inbox = new LinkedBlockingQueue<>();

  /** Generations that are not over; the value says whether a cancel is on its way. */
  private final Map<Generation, Boolean> live =
      Collections.synchronizedMap(new IdentityHashMap<>());

  private final AtomicInteger waiting = new AtomicInteger();
  private volatile EngineStats stats;
  private volatile boolean over;
  private volatile @Nullable Throwable failure;

  private Engine(Model model, EngineOptions options, EngineObserver observer) {
    this.model = model;
    this.options = options;
    this.observer = observer;
    this.step = new EngineStep(model, options);
    this.pace = new Pace(options.stepsPerSecond());
    this.turns = model.rwkv().workers().turns();
    this.stats = EngineStats.none(options.slots());
    this.thread = new Thread(this::loop, "skein-engine-" + model.name());
    this.thread.setDaemon(true);
  }

  /** Starts the thread. The model stays the caller's, who closes it after the engine. */
  public static Engine start(Model model, EngineOptions options) {
    return start(model, options, EngineObserver.NONE);
  }

  /** Starts the thread; the observer sees every step. */
  public static Engine start(Model model, EngineOptions options, EngineObserver observer) {
    Engine engine = new Engine(model, options, observer);
    engine.thread.start();
    return engine;
  }

  /**
   * Takes a generation in. The object is its name: submitting it again while it lives is refused.
   * The queue is counted once a step: what a step has taken out of it makes room when the step is
   * done.
   *
   * @throws EngineFullException if too many generations wait already
   * @throws IllegalArgumentException if the generation does not fit the model
   * @throws IllegalStateException if the engine is closed or has failed
   */
  public void submit(Generation generation, GenerationListener listener)
      throws EngineFullException {
    step.check(generation);
    if (waiting.incrementAndGet() > options.queue()) {
      waiting.decrementAndGet();
      throw new EngineFullException(options.queue());
    }
    if (live.putIfAbsent(generation, false) != null) {
      waiting.decrementAndGet();
      throw new IllegalArgumentException("this generation is running already");
    }
    Command command = new Command.Submit(generation, listener);
    inbox.add(command);
    if (over && inbox.remove(command)) { // the thread will not look again
      live.remove(generation);
      throw new IllegalStateException("the engine is closed", failure);
    }
  }

  /**
   * Ends a generation at its next token boundary; nothing happens if it is over, or was never
   * submitted.
   */
  public void cancel(Generation generation) {
    if (live.replace(generation, false, true)) {
      inbox.add(new Command.Cancel(generation));
    }
  }

  /**
   * Asks for the generation's {@link Midpoint} once it has fed so many more tokens, or some steps
   * later if many are due; 0 for the next token boundary. Its listener is told. Nothing happens if
   * it is over by then.
   */
  public void capture(Generation generation, int afterTokens) {
    if (live.containsKey(generation)) {
      inbox.add(new Command.Capture(generation, afterTokens));
    }
  }

  /** The model that the engine runs. */
  public Model model() {
    return model;
  }

  /** Figures as of the newest step. */
  public EngineStats stats() {
    return stats;
  }

  /** Why the engine ended by itself; null while it runs and after an orderly close. */
  public @Nullable Throwable failure() {
    return failure;
  }

  /** Ends every generation as cancelled, waits for the thread, frees the states. */
  @Override
  public void close() {
    inbox.add(new Command.Close());
    if (Thread.currentThread().equals(thread)) {
      return; // a listener closes the engine that calls it: the thread ends after this step
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- the engine's thread

  private void loop() {
    ThreadPolicy.foreground();
    try {
      while (takeCommands()) {
        tick();
        pace.await();
      }
      shutDown(FinishReason.CANCELLED, "the engine was closed");
    } catch (Throwable t) { // also Errors: the listeners of a dead engine must hear of it
      failure = t;
      LOG.log(System.Logger.Level.ERROR, "the engine has failed", t);
      shutDown(FinishReason.ERROR, "the engine has failed: " + t);
    } finally {
      step.close();
    }
  }

  private void tick() {
    int before = step.waiting();
    StepReport report;
    long nanos;
    try (Turns.Turn _ = turns.take()) {
      long from = System.nanoTime();
      report = step.run();
      nanos = System.nanoTime() - from;
    }
    int nowWaiting = waiting.addAndGet(step.waiting() - before);
    stats = stats.plus(report, nanos, nowWaiting, step.prefixes());
    observer.stepped(report, nanos);
  }

  /**
   * Obeys what has arrived, and waits for something to arrive while there is nothing to do; false
   * means stop.
   */
  private boolean takeCommands() throws InterruptedException {
    Command command = step.idle() ? inbox.take() : inbox.poll();
    while (command != null) {
      switch (command) {
        case Command.Submit(Generation g, GenerationListener l) -> accept(g, l);
        case Command.Cancel(Generation g) -> step.cancel(g);
        case Command.Capture(Generation g, int after) -> step.capture(g, after);
        case Command.Close() -> {
          return false;
        }
      }
      command = inbox.poll();
    }
    return true;
  }

  private void accept(Generation generation, GenerationListener listener) {
    GenerationListener forgetting = new Forgetting(generation, listener);
    try {
      step.submit(generation, forgetting);
    } catch (EngineFullException e) {
      throw new IllegalStateException("the gate let more in than the queue holds", e);
    } catch (
        RuntimeException
            e) { // what the gate cannot see, such as a sampler that refuses its parameters
      waiting.decrementAndGet();
      forgetting.onEnd(GenerationEnd.failed(generation, String.valueOf(e.getMessage())));
    }
  }

  private void shutDown(FinishReason reason, String note) {
    over = true;
    step.endAll(reason, note);
    List<Command> late = new ArrayList<>();
    inbox.drainTo(late);
    for (Command command : late) {
      if (command instanceof Command.Submit(Generation g, GenerationListener l)) {
        accept(g, l);
      }
    }
    step.endAll(reason, note);
  }

  /** Forgets a generation when it is over. */
  private final class Forgetting implements GenerationListener {
    private final Generation generation;
    private final GenerationListener listener;

    Forgetting(Generation generation, GenerationListener listener) {
      this.generation = generation;
      this.listener = listener;
    }

    @Override
    public void onToken(DrawnToken token) {
      listener.onToken(token);
    }

    @Override
    public void onMidpoint(Midpoint midpoint) {
      listener.onMidpoint(midpoint);
    }

    @Override
    public void onCompared(int index, boolean agrees) {
      listener.onCompared(index, agrees);
    }

    @Override
    public void onEnd(GenerationEnd end) {
      live.remove(generation);
      listener.onEnd(end);
    }
  }
}
