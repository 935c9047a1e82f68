package dev.skein.router.delivery;

import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import dev.skein.router.delivery.StreamEvent.Indexed;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.DoubleStream;

/** What is measured of answers, with vLLM's meanings and buckets. Any thread. */
public final class StreamMetrics {
  private static final double[] FIRST_TOKEN_SECONDS = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
    80, 160, 640, 2560
  };
  private static final double[] NEXT_TOKEN_SECONDS = {
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
  };

  private final MeterRegistry registry;
  private final Map<String, ModelMeters> models = new ConcurrentHashMap<>();
  private final Counter slowClients;

  public StreamMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.slowClients =
        Counter.builder("skein.slow.clients")
            .description("Answers cut off because their client did not read them")
            .register(registry);
  }

  void opened(String model) {
    meters(model).running.incrementAndGet();
  }

  void closed(String model) {
    meters(model).running.decrementAndGet();
  }

  /** Something was told for the first time. */
  void told(LiveStream stream, Indexed event, long now) {
    ModelMeters meters = meters(stream.turn().model());
    switch (event) {
      case TokenPiece ignored when stream.lastTokenNanos == 0 -> {
        meters.firstToken.record(now - stream.openedNanos, TimeUnit.NANOSECONDS);
        stream.lastTokenNanos = now;
      }
      case TokenPiece ignored -> {
        meters.nextToken.record(now - stream.lastTokenNanos, TimeUnit.NANOSECONDS);
        stream.lastTokenNanos = now;
      }
      case ChoiceEnd end -> {
        meters.prompt.increment(end.promptTokens());
        meters.generated.increment(end.completionTokens());
        ended(stream.turn().model(), end.finishReason());
      }
    }
  }

  private void ended(String model, String finishReason) {
    Counter.builder("skein.request.success")
        .description("Choices that came to their end, by finish reason")
        .tags(Tags.of("model_name", model, "finished_reason", finishReason))
        .register(registry)
        .increment();
  }

  void slowClient() {
    slowClients.increment();
  }

  private ModelMeters meters(String model) {
    return models.computeIfAbsent(model, name -> new ModelMeters(registry, name));
  }

  private static final class ModelMeters {
    private final AtomicInteger running = new AtomicInteger();
    private final Timer firstToken;
    private final Timer nextToken;
    private final Counter prompt;
    private final Counter generated;

    ModelMeters(MeterRegistry registry, String model) {
      Tags tags = Tags.of("model_name", model);
      firstToken =
          histogram("skein.time.to.first.token", FIRST_TOKEN_SECONDS)
              .description("From the admitted request to its first token, at the router")
              .tags(tags)
              .register(registry);
      nextToken =
          histogram("skein.inter.token.latency", NEXT_TOKEN_SECONDS)
              .description("Between two tokens of an answer, at the router")
              .tags(tags)
              .register(registry);
      prompt =
          Counter.builder("skein.prompt.tokens")
              .description("Tokens fed by requests of this router")
              .tags(tags)
              .register(registry);
      generated =
          Counter.builder("skein.generation.tokens")
              .description("Tokens generated for requests of this router")
              .tags(tags)
              .register(registry);
      registry.gauge("skein.num.requests.running", tags, running);
    }

    private static Timer.Builder histogram(String name, double[] bucketsSeconds) {
      return Timer.builder(name)
          .serviceLevelObjectives(
              DoubleStream.of(bucketsSeconds)
                  .mapToObj(s -> Duration.ofNanos(Math.round(s * 1e9)))
                  .toArray(Duration[]::new));
    }
  }
}
