package dev.skein.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.Engine;
import dev.skein.engine.EngineOptions;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.GenerationListener;
import dev.skein.engine.prefix.PrefixCache;
import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What an operator reads at {@code /metrics} of a state that went bad in memory. */
class EngineMetricsTest {
  private static final String NAME = "skein_session_mismatch_total";

  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  @Test
  void aFlippedBitOfAKeptPrefixIsCountedOnceAndNeverServed() throws Exception {
    Path path = Path.of(System.getProperty("skein.home"), "ops/models/skein-demo-9m");
    try (Model model = Model.open(path, Model.Options.defaults(), LoadProgress.NONE);
        Engine engine = Engine.start(model, EngineOptions.defaults())) {
      Map<String, List<Replica>> pools = new TreeMap<>();
      pools.put("larks", List.of(new Replica("lark", engine)));
      pools.put("owls", List.of(new Replica("owl", engine)));
      EngineMetrics.register(pools, metrics);
      int[] prompt = model.tokenizer().encode("Once upon a time there was a fox. ".repeat(20));
      Said cold = run(engine, prompt);
      Said hit = run(engine, prompt);
      assertThat(hit.cachedTokens()).isPositive();
      kept(engine).forEach(EngineMetricsTest::flip);
      Said poisoned = run(engine, prompt);
      assertThat(poisoned.cachedTokens()).isLessThan(hit.cachedTokens());
      Said after = run(engine, prompt);
      double found = read();
      assertThat(found).isPositive();
      assertThat(run(engine, prompt).cachedTokens()).isEqualTo(hit.cachedTokens());
      assertThat(read()).as("it is not there any more").isEqualTo(found);
      assertThat(List.of(hit.text(), poisoned.text(), after.text())).containsOnly(cold.text());
    }
  }

  /** An engine has one series, however many pools it serves. */
  private double read() {
    List<String> lines =
        metrics.scrape().lines().filter(line -> line.startsWith(NAME + "{")).toList();
    String series = NAME + "{model_name=\"lark,owl\",pool=\"larks,owls\"} ";
    assertThat(lines).singleElement().asString().startsWith(series);
    return Double.parseDouble(lines.getFirst().substring(series.length()));
  }

  private record Said(String text, int cachedTokens) {}

  private static Said run(Engine engine, int[] prompt) throws Exception {
    StringBuilder text = new StringBuilder();
    CompletableFuture<GenerationEnd> end = new CompletableFuture<>();
    engine.submit(
        Generation.of(prompt).maxTokens(8).build(),
        new GenerationListener() {
          @Override
          public void onToken(DrawnToken token) {
            text.append(token.text());
          }

          @Override
          public void onEnd(GenerationEnd last) {
            end.complete(last);
          }
        });
    GenerationEnd last = end.get(60, TimeUnit.SECONDS);
    return new Said(text + last.text(), last.cachedTokens());
  }

  /** Nothing but a test gets at the memory of a running engine. */
  private static List<MemorySegment> kept(Engine engine) throws Exception {
    Field step = open(Engine.class.getDeclaredField("step"));
    Object running = step.get(engine);
    Method cache = open(running.getClass().getDeclaredMethod("prefixCache"));
    return ((PrefixCache) cache.invoke(running)).states();
  }

  private static <T extends AccessibleObject> T open(T part) {
    part.setAccessible(true);
    return part;
  }

  private static void flip(MemorySegment state) {
    long at = state.byteSize() / 2 / Integer.BYTES * Integer.BYTES;
    state.set(ValueLayout.JAVA_INT, at, state.get(ValueLayout.JAVA_INT, at) ^ 1);
  }
}
