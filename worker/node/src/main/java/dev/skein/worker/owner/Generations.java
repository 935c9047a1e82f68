package dev.skein.worker.owner;

import dev.skein.engine.Engine;
import dev.skein.engine.EngineFullException;
import dev.skein.engine.Generation;
import dev.skein.worker.shard.Effect;
import dev.skein.worker.shard.ShardEvent;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What one shard has in the engines. */
final class Generations {

  private final Replicas replicas;
  private final LongSupplier tokensEnd;
  private final Consumer<ShardEvent> owner;

  // By identity: a generation is named by itself, and hashing one would read its whole state.
  private final Map<Generation, Engine> running =
      Collections.synchronizedMap(new IdentityHashMap<>());

  /**
   * @param tokensEnd where the acknowledged log of tokens ends now
   * @param owner told what the engines say; any thread
   */
  Generations(Replicas replicas, LongSupplier tokensEnd, Consumer<ShardEvent> owner) {
    this.replicas = replicas;
    this.tokensEnd = tokensEnd;
    this.owner = owner;
  }

  /** Begins one; answers at once if there is no room. */
  @Nullable ShardEvent run(Effect.Run run) {
    Generation generation = run.generation();
    Engine engine = replicas.engine(run.model());
    running.put(generation, engine);
    try {
      engine.submit(
          generation,
          new TurnListener(
              run.session(),
              run.turn(),
              generation.choice(),
              tokensEnd,
              owner,
              () -> running.remove(generation)));
      return null;
    } catch (EngineFullException e) {
      running.remove(generation);
      return new ShardEvent.EngineFull(run.session(), run.turn(), generation.choice());
    }
  }

  void cancel(Effect.Cancel cancel) {
    replicas.engine(cancel.model()).cancel(cancel.generation());
  }

  void capture(Effect.Capture capture) {
    replicas.engine(capture.model()).capture(capture.generation(), capture.afterTokens());
  }

  void cancelAll() {
    List.copyOf(running.entrySet()).forEach(entry -> entry.getValue().cancel(entry.getKey()));
  }
}
