package dev.skein.worker;

import dev.skein.engine.Engine;
import dev.skein.engine.EngineStats;
import dev.skein.engine.prefix.PrefixCounts;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Shows what the batch loops do, one series each: an engine that serves several pools is not
 * counted twice.
 */
public final class EngineMetrics {

  /** A replica, and the pool that it belongs to. */
  private record Served(String pool, String name) {}

  private final MeterRegistry registry;
  private final Engine engine;
  private final Tags tags;

  private EngineMetrics(MeterRegistry registry, Engine engine, List<Served> as) {
    this.registry = registry;
    this.engine = engine;
    this.tags =
        Tags.of(
            "model_name",
            as.stream().map(Served::name).distinct().collect(Collectors.joining(",")),
            "pool",
            as.stream().map(Served::pool).distinct().collect(Collectors.joining(",")));
  }

  /**
   * Registers the engines of a process, each once.
   *
   * @param pools the replicas of each pool
   */
  public static void register(Map<String, List<Replica>> pools, MeterRegistry registry) {
    Map<Engine, List<Served>> engines = new LinkedHashMap<>();
    pools.forEach((pool, replicas) ->
        replicas.forEach(replica ->
            engines
                .computeIfAbsent(replica.engine(), engine -> new ArrayList<>())
                .add(new Served(pool, replica.name()))));
    engines.forEach((engine, as) -> new EngineMetrics(registry, engine, as).register());
  }

  private void register() {
    gauge("skein_engine_sequences_running", EngineStats::running);
    gauge("skein_engine_sequences_waiting", EngineStats::waiting);
    counter("skein_prefix_cache_queries", PrefixCounts::queries);
    counter("skein_prefix_cache_hits", PrefixCounts::hits);
    counter("skein_session_mismatch", PrefixCounts::mismatches);
    FunctionCounter.builder("skein_engine_prompt_tokens", engine, e -> e.stats().promptTokens())
        .description("Tokens that the engine has read and not drawn itself")
        .tags(tags)
        .register(registry);
  }

  private void counter(String name, ToDoubleFunction<PrefixCounts> value) {
    FunctionCounter.builder(name, engine, e -> value.applyAsDouble(e.stats().prefixes()))
        .tags(tags)
        .register(registry);
  }

  private void gauge(String name, ToDoubleFunction<EngineStats> value) {
    Gauge.builder(name, engine, e -> value.applyAsDouble(e.stats())).tags(tags).register(registry);
  }
}
