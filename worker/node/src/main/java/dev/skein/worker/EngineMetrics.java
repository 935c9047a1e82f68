package dev.skein.worker;

import dev.skein.engine.Engine;
import dev.skein.engine.EngineStats;
import dev.skein.engine.prefix.PrefixCounts;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Shows what the batch loops do, one series a model. */
final class EngineMetrics {

  private EngineMetrics() {}

  static void register(List<Engine> engines, MeterRegistry registry) {
    for (Engine engine : engines) {
      gauge(registry, engine, "skein_engine_sequences_running", EngineStats::running);
      gauge(registry, engine, "skein_engine_sequences_waiting", EngineStats::waiting);
      counter(registry, engine, "skein_prefix_cache_queries", PrefixCounts::queries);
      counter(registry, engine, "skein_prefix_cache_hits", PrefixCounts::hits);
      counter(registry, engine, "skein_session_mismatch", PrefixCounts::mismatches);
      FunctionCounter.builder("skein_engine_prompt_tokens", engine, e -> e.stats().promptTokens())
          .description("Tokens that the engine has read and not drawn itself")
          .tag("model_name", engine.model().name())
          .register(registry);
    }
  }

  private static void counter(
      MeterRegistry registry, Engine engine, String name, ToDoubleFunction<PrefixCounts> value) {
    FunctionCounter.builder(name, engine, e -> value.applyAsDouble(e.stats().prefixes()))
        .tag("model_name", engine.model().name())
        .register(registry);
  }

  private static void gauge(
      MeterRegistry registry, Engine engine, String name, ToDoubleFunction<EngineStats> value) {
    Gauge.builder(name, engine, e -> value.applyAsDouble(e.stats()))
        .tag("model_name", engine.model().name())
        .register(registry);
  }
}
