package dev.skein.worker.owner;

import dev.skein.engine.Engine;
import dev.skein.worker.shard.ServedModels;
import java.util.Map;

/**
 * The models of the pool, loaded.
 *
 * @param models what the session protocol knows of them
 * @param engines by model name
 */
public record Replicas(ServedModels models, Map<String, Engine> engines) {

  /** The engine of a model by its name. */
  Engine engine(String model) {
    Engine engine = engines.get(model);
    if (engine == null) {
      throw new IllegalStateException("no engine runs model " + model);
    }
    return engine;
  }
}
