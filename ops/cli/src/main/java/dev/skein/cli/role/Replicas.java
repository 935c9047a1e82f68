package dev.skein.cli.role;

import dev.skein.cli.cache.ModelNames;
import dev.skein.cli.engine.ModelOptions;
import dev.skein.cli.engine.SharedModels;
import dev.skein.engine.Engine;
import dev.skein.engine.EngineOptions;
import dev.skein.model.Model;
import dev.skein.worker.Rehearsal;
import dev.skein.worker.Replica;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The models of the pools of this process, warm, each with its batch loop: pools that name the same
 * one share it. They outlive a life.
 */
final class Replicas implements AutoCloseable {
  private final EngineOptions limits;
  private final SharedModels models;
  private final Map<Model, Engine> engines = new LinkedHashMap<>();
  private final Map<String, List<Replica>> pools = new LinkedHashMap<>();

  private Replicas(SharedModels models, EngineOptions limits) {
    this.models = models;
    this.limits = limits;
  }

  static Replicas load(
      ModelOptions options, List<PoolOptions.Pool> pools, int stepsPerSecond, PrintWriter err)
      throws IOException {
    EngineOptions limits = EngineOptions.defaults().withStepsPerSecond(stepsPerSecond);
    Replicas replicas = new Replicas(new SharedModels(options, err), limits);
    try {
      for (PoolOptions.Pool pool : pools) {
        replicas.load(pool);
      }
      return replicas;
    } catch (IOException | RuntimeException e) {
      replicas.close();
      throw e;
    }
  }

  private void load(PoolOptions.Pool pool) throws IOException {
    List<Replica> ofPool = new ArrayList<>();
    if (pool.models().isEmpty()) {
      ofPool.add(replica(null));
    }
    for (String given : pool.models()) {
      ofPool.add(replica(given));
    }
    pools.put(pool.name(), List.copyOf(ofPool));
  }

  private Replica replica(@Nullable String given) throws IOException {
    Model model = models.open(given);
    String alias = given == null ? null : ModelNames.alias(given);
    return new Replica(
        alias == null ? model.name() : alias, engines.computeIfAbsent(model, this::start));
  }

  private Engine start(Model model) {
    Rehearsal.of(model);
    return Engine.start(model, limits);
  }

  /** Those of every pool. */
  Map<String, List<Replica>> pools() {
    return Collections.unmodifiableMap(pools);
  }

  /** Those of a pool, its default model first. */
  List<Replica> of(String pool) {
    return pools.getOrDefault(pool, List.of());
  }

  /** Those of the first pool first, separated by commas. */
  String names() {
    return pools.values().stream()
        .flatMap(List::stream)
        .map(Replica::name)
        .collect(Collectors.joining(","));
  }

  String backend() {
    return engines.keySet().iterator().next().rwkv().backend();
  }

  @Override
  public void close() {
    engines.values().forEach(Engine::close);
    models.close();
  }
}
