package dev.skein.model.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.skein.model.file.TestFolders;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static final SamplingParameters PLAIN = SamplingParameters.PLAIN;

  /** Probabilities 0.4, 0.3, 0.2, 0.1 as logits. */
  private static final float[] FOUR = {
    (float) Math.log(0.1), (float) Math.log(0.4), (float) Math.log(0.2), (float) Math.log(0.3)
  };

  private static int draw(SamplingParameters parameters, float[] logits, double uniform) {
    return new Sampler(parameters, null, logits.length)
        .draw(MemorySegment.ofArray(logits), uniform);
  }

  /** Which part of all uniform numbers gives each token. */
  private static double[] shares(SamplingParameters parameters, float... logits) {
    double[] shares = new double[logits.length];
    Sampler sampler = new Sampler(parameters, null, logits.length);
    MemorySegment segment = MemorySegment.ofArray(logits);
    for (int i = 0; i < 10_000; i++) {
      shares[sampler.draw(segment, (i + 0.5) / 10_000)] += 1e-4;
    }
    return shares;
  }

  @Test
  void drawsFromTheDistribution() {
    assertThat(shares(PLAIN, FOUR))
        .containsExactly(new double[] {0.1, 0.4, 0.2, 0.3}, within(3e-4));
  }

  @Test
  void greedyTakesTheFirstOfTheGreatest() {
    assertThat(draw(SamplingParameters.GREEDY, new float[] {1, 3, 2, 3}, 0.99)).isEqualTo(1);
  }

  @Test
  void topPCutsTheUntemperedDistribution() {
    // 0.4 + 0.3 reach 0.6; the temperature then makes the two nearly equal, but brings nobody back.
    assertThat(shares(PLAIN.withTopP(0.6f).withTemperature(10), FOUR))
        .containsExactly(
            new double[] {
              0,
              Math.pow(0.4, 0.1) / (Math.pow(0.4, 0.1) + Math.pow(0.3, 0.1)),
              0,
              Math.pow(0.3, 0.1) / (Math.pow(0.4, 0.1) + Math.pow(0.3, 0.1))
            },
            within(3e-4));
    assertThat(shares(PLAIN.withTopP(0), FOUR)[1]).isCloseTo(1, within(1e-9));
  }

  @Test
  void keepsTiesAtTheCutoff() {
    float[] tied = {2, 1, 1, 1, 0};
    assertThat(shares(PLAIN.withTopP(0.5f), tied))
        .satisfies(s -> assertThat(s[1]).isEqualTo(s[3], within(3e-4)).isGreaterThan(0))
        .satisfies(s -> assertThat(s[4]).isZero());
    assertThat(shares(PLAIN.withTopK(2), tied))
        .satisfies(s -> assertThat(s[1]).isEqualTo(s[3], within(3e-4)).isGreaterThan(0))
        .satisfies(s -> assertThat(s[4]).isZero());
  }

  @Test
  void topKMinPAndTypicalPCut() {
    assertThat(shares(PLAIN.withTopK(2), FOUR))
        .containsExactly(new double[] {0, 4 / 7.0, 0, 3 / 7.0}, within(3e-4));
    assertThat(shares(PLAIN.withMinP(0.6f), FOUR))
        .containsExactly(new double[] {0, 4 / 7.0, 0, 3 / 7.0}, within(3e-4));
    // Entropy 1.28; the surprises are 2.30, 0.92, 1.61, 1.20: closest are 0.3, then 0.2 (0.33
    // away), then 0.4 (0.36).
    assertThat(shares(PLAIN.withTypicalP(0.45f), FOUR))
        .containsExactly(new double[] {0, 0, 0.4, 0.6}, within(3e-4));
  }

  @Test
  void temperatureIsAPowerOfTheProbabilities() {
    double sum = 0.01 + 0.16 + 0.04 + 0.09;
    assertThat(shares(PLAIN.withTemperature(0.5f), FOUR))
        .containsExactly(
            new double[] {0.01 / sum, 0.16 / sum, 0.04 / sum, 0.09 / sum}, within(3e-4));
  }

  @Test
  void biasMovesLogits() {
    assertThat(draw(SamplingParameters.GREEDY.withLogitBias(Map.of(2, 100f)), FOUR, 0))
        .isEqualTo(2);
    assertThat(shares(PLAIN.withLogitBias(Map.of(1, -100f, 99, 5f)), FOUR)[1]).isZero();
  }

  @Test
  void penaltiesFollowTheReference() {
    SamplingParameters parameters =
        SamplingParameters.GREEDY
            .withPresencePenalty(0.5f)
            .withFrequencyPenalty(0.25f)
            .withPenaltyDecay(0.5f);
    Sampler sampler = new Sampler(parameters, null, 3);
    sampler.accept(0);
    sampler.accept(1);
    sampler.accept(0);
    // Counts: token 0 = 1 * 0.5 * 0.5 + 1, token 1 = 1 * 0.5.
    assertThat(sampler.penalties().tokens()).containsExactly(0, 1);
    assertThat(sampler.penalties().counts()).containsExactly(1.25f, 0.5f);
    float first = 0.5f + 1.25f * 0.25f;
    assertThat(sampler.draw(MemorySegment.ofArray(new float[] {first - 0.01f, -9, 0}), 0))
        .isEqualTo(2);
    assertThat(sampler.draw(MemorySegment.ofArray(new float[] {first + 0.01f, -9, 0}), 0)).isZero();
    Sampler resumed =
        new Sampler(
            parameters,
            null,
            new SamplerWorkspace(3),
            PenaltyTable.restore(sampler.penalties().tokens(), sampler.penalties().counts()));
    resumed.accept(2);
    sampler.accept(2);
    assertThat(resumed.penalties().counts()).isEqualTo(sampler.penalties().counts());
  }

  @Test
  void spacesAndDigitsCountNothing() throws IOException {
    Tokenizer demo = Tokenizer.open(TestFolders.demoModel().resolve("skein_demo_vocab.txt"));
    Sampler sampler =
        new Sampler(SamplingParameters.RWKV, demo, new SamplerWorkspace(demo.vocabularySize()));
    int[] tokens = {demo.encode(" ")[0], demo.encode("7")[0], 0, demo.encode("a")[0]};
    for (int token : tokens) {
      sampler.accept(token);
    }
    assertThat(sampler.penalties().tokens()).isEqualTo(tokens);
    assertThat(sampler.penalties().counts()).containsExactly(0, 0, 0, 1);
  }

  @Test
  void drawingLeavesTheLogitsAlone() {
    float[] logits = FOUR.clone();
    Sampler sampler = new Sampler(SamplingParameters.RWKV.withTopP(1), null, 4);
    sampler.accept(1);
    sampler.draw(MemorySegment.ofArray(logits), 0.3);
    assertThat(logits).isEqualTo(FOUR);
  }

  @Test
  void neverDrawsWhatHasNoProbability() {
    float[] logits = new float[300];
    Arrays.fill(logits, Float.NEGATIVE_INFINITY);
    logits[70] = 1;
    logits[71] = 1;
    assertThat(draw(PLAIN, logits, Math.nextDown(1.0))).isEqualTo(71);
    assertThat(draw(PLAIN, logits, 0)).isEqualTo(70);
    assertThat(draw(PLAIN.withTopP(0.9f), logits, Math.nextDown(1.0))).isEqualTo(71);
  }

  @Test
  void refusesLogitsThatAreNotFinite() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      for (SamplingParameters p : List.of(PLAIN, SamplingParameters.GREEDY)) {
        assertThatThrownBy(() -> draw(p, new float[] {1, bad, 3}, 0))
            .isInstanceOf(ArithmeticException.class)
            .hasMessageContaining("no finite number");
      }
    }
  }

  /** The definition with a full sort, over large vocabularies of different spread and many ties. */
  @Test
  void agreesWithTheSlowDefinition() {
    for (int seed = 0; seed < 60; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      float[] logits = new float[random.nextInt(1, 5_000)];
      double spread = random.nextDouble(0.01, 12);
      for (int i = 0; i < logits.length; i++) {
        logits[i] = (float) (Math.round(random.nextDouble() * spread * 50) / 50.0);
      }
      SamplingParameters parameters =
          PLAIN
              .withTopP(random.nextInt(100) / 100f)
              .withTopK(random.nextBoolean() ? 0 : random.nextInt(1, 2_000))
              .withTemperature(random.nextBoolean() ? 1 : 0.7f);
      double uniform = random.nextDouble();
      assertThat(draw(parameters, logits, uniform))
          .as("seed %d", seed)
          .isEqualTo(slowly(parameters, logits, uniform));
    }
  }

  private static int slowly(SamplingParameters parameters, float[] logits, double uniform) {
    double[] p = new double[logits.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = Math.exp(logits[i]);
    }
    double total = Arrays.stream(p).sum();
    List<Integer> order =
        IntStream.range(0, p.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -p[i]))
            .toList();
    double reached = 0;
    double cutoff = 0;
    for (int rank = 0; rank < p.length; rank++) {
      reached += p[order.get(rank)] / total;
      boolean last = reached >= parameters.topP() || rank + 1 == parameters.topK();
      if (last) {
        cutoff = p[order.get(rank)];
        break;
      }
    }
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      p[i] = p[i] >= cutoff ? Math.pow(p[i], 1 / parameters.temperature()) : 0;
      sum += p[i];
    }
    double running = 0;
    for (int i = 0; i < p.length; i++) {
      running += p[i];
      if (running > uniform * sum) {
        return i;
      }
    }
    throw new AssertionError();
  }

  @Test
  void logprobsAreThoseOfTheModel() {
    Logprobs logprobs =
        Logprobs.of(MemorySegment.ofArray(FOUR), 2, 3, new SamplerWorkspace(FOUR.length));
    assertThat(logprobs.chosen().logprob()).isCloseTo((float) Math.log(0.2), within(1e-6f));
    assertThat(logprobs.top()).extracting(TokenLogprob::token).containsExactly(1, 3, 2);
    assertThat(logprobs.top().getFirst().logprob()).isCloseTo((float) Math.log(0.4), within(1e-6f));
    assertThat(
            Logprobs.of(
                    MemorySegment.ofArray(new float[] {1, 2, 2, 0, 2}),
                    0,
                    2,
                    new SamplerWorkspace(5))
                .top())
        .extracting(TokenLogprob::token)
        .containsExactly(1, 2);
  }

  @Test
  void parametersNameWhatIsOutOfRange() {
    assertThatThrownBy(() -> PLAIN.withTemperature(-1)).hasMessageContaining("temperature");
    assertThatThrownBy(() -> PLAIN.withTemperature(Float.NaN)).hasMessageContaining("temperature");
    assertThatThrownBy(() -> PLAIN.withTopP(1.1f)).hasMessage("top_p must be from 0 to 1, not 1.1");
    assertThatThrownBy(() -> PLAIN.withTopK(-1)).hasMessageContaining("top_k must be 0 or more");
    assertThatThrownBy(() -> PLAIN.withMinP(2)).hasMessageContaining("min_p");
    assertThatThrownBy(() -> PLAIN.withTypicalP(0)).hasMessageContaining("typical_p");
    assertThatThrownBy(() -> PLAIN.withPresencePenalty(11))
        .hasMessageContaining("presence_penalty");
    assertThatThrownBy(() -> PLAIN.withFrequencyPenalty(-11))
        .hasMessageContaining("frequency_penalty");
    assertThatThrownBy(() -> PLAIN.withPenaltyDecay(2)).hasMessageContaining("penalty_decay");
    assertThatThrownBy(() -> PLAIN.withLogitBias(Map.of(1, 101f)))
        .hasMessageContaining("logit_bias");
    assertThatThrownBy(() -> PLAIN.withLogitBias(Map.of(-1, 1f)))
        .hasMessageContaining("logit_bias");
  }
}
