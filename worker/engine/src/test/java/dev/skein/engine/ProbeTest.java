package dev.skein.engine;

import static dev.skein.engine.DemoModel.LIVELY;
import static dev.skein.engine.DemoModel.MODEL;
import static dev.skein.engine.DemoModel.alone;
import static dev.skein.engine.DemoModel.drain;
import static dev.skein.engine.DemoModel.fed;
import static dev.skein.engine.DemoModel.ids;
import static dev.skein.engine.DemoModel.step;
import static dev.skein.engine.DemoModel.together;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.skein.engine.reading.Passage;
import dev.skein.engine.reading.Question;
import dev.skein.engine.reading.Reader;
import dev.skein.engine.reading.Score;
import dev.skein.model.Batch;
import dev.skein.model.Batch.Outputs;
import dev.skein.model.StateSlab;
import dev.skein.model.Workspace;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a probe finds, against the model itself; and that nothing around it changes a bit. */
class ProbeTest {
  private static final int[] STORY =
      ids("Once upon a time there was a small bear. The bear lived in a forest and ate honey.");

  /** Logits and hidden vectors after every token, computed one token at a time. */
  private record Said(float[][] logits, float[][] hidden) {}

  private static Said said(int[] tokens) {
    Said said = new Said(new float[tokens.length][], new float[tokens.length][]);
    try (StateSlab slab = new StateSlab(MODEL.rwkv().stateLayout(), 1);
        Workspace workspace = MODEL.rwkv().newWorkspace(1, 1)) {
      Batch batch = new Batch();
      for (int i = 0; i < tokens.length; i++) {
        batch.clear();
        batch.add(0, tokens, i, 1, Outputs.LAST);
        MODEL.rwkv().forward(batch, slab, workspace);
        said.logits[i] = workspace.logits(0).toArray(ValueLayout.JAVA_FLOAT);
        said.hidden[i] = workspace.hidden(0).toArray(ValueLayout.JAVA_FLOAT);
      }
    }
    return said;
  }

  private static double logprob(float[] logits, int token) {
    double total = 0;
    for (float logit : logits) {
      total += Math.exp(logit);
    }
    return logits[token] - Math.log(total);
  }

  private static Generation probed(int[] tokens, Probe probe) {
    return Generation.of(tokens).maxTokens(0).probe(probe).build();
  }

  private static Findings findings(Outcome outcome) {
    Findings findings = outcome.end().findings();
    if (findings == null) {
      throw new AssertionError("nothing was found out: " + outcome.end());
    }
    return findings;
  }

  @Test
  void everyTokenIsScoredByWhatTheModelSaidBeforeIt() {
    Said said = said(STORY);
    Findings found = findings(alone(probed(STORY, new Probe(3, true, true))));
    assertThat(found.logprobs()).hasSize(STORY.length - 3);
    double[] mean = new double[found.mean().length];
    for (int i = 0; i < STORY.length; i++) {
      for (int c = 0; c < mean.length; c++) {
        mean[c] += (double) said.hidden[i][c] / STORY.length;
      }
      if (i >= 3) {
        double wanted = logprob(said.logits[i - 1], STORY[i]);
        assertThat(found.logprobs()[i - 3]).isCloseTo(wanted, within(1e-9));
        float[] before = said.logits[i - 1];
        for (float logit : before) {
          assertThat(logit).isLessThanOrEqualTo(before[found.likeliest()[i - 3]]);
        }
      }
    }
    assertThat(found.hidden()).isEqualTo(said.hidden[STORY.length - 1]);
    for (int c = 0; c < mean.length; c++) {
      assertThat((double) found.mean()[c]).isCloseTo(mean[c], within(1e-5));
    }
  }

  @Test
  void companyAndCutsChangeNothing() throws EngineFullException {
    Generation probed = probed(STORY, new Probe(1, true, true)).toBuilder().keepState(true).build();
    Findings expected = findings(alone(probed));
    List<Generation> all = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      all.add(
          i % 2 == 0
              ? probed.toBuilder().build()
              : Generation.of(STORY).sampling(LIVELY).seed(i).maxTokens(9).build());
    }
    for (int tokensPerStep : new int[] {5, 17, 64}) {
      List<Outcome> outcomes = together(5, tokensPerStep, all);
      for (int i = 0; i < all.size(); i++) {
        if (i % 2 == 0) {
          Findings found = findings(outcomes.get(i));
          assertThat(found.logprobs()).isEqualTo(expected.logprobs());
          assertThat(found.likeliest()).isEqualTo(expected.likeliest());
          assertThat(found.hidden()).isEqualTo(expected.hidden());
          assertThat(found.mean()).isEqualTo(expected.mean());
          assertThat(outcomes.get(i).state()).isEqualTo(fed(STORY));
        } else {
          outcomes.get(i).assertSameAs(alone(all.get(i)));
        }
      }
    }
  }

  @Test
  void aProbeBesideDrawsDoesNotChangeThem() {
    Generation plain = Generation.of(STORY).sampling(LIVELY).seed(4).maxTokens(12).build();
    Outcome both = alone(plain.toBuilder().probe(Probe.scores(1)).build());
    both.assertSameAs(alone(plain));
    assertThat(findings(both).logprobs())
        .isEqualTo(findings(alone(probed(STORY, Probe.scores(1)))).logprobs());
  }

  @Test
  void answersShareTheirContextAndScoreAsIfEachWereAlone() throws EngineFullException {
    int[] context = ids("User: What do bears eat?\n\nAssistant: Bears eat");
    List<int[]> answers =
        List.of(ids(" berries, fish and honey."), ids(" stones."), ids(" "), ids(" berries"));
    List<Question> questions =
        List.of(new Question(null, context, answers), new Question(null, ids("B"), answers));
    try (EngineStep step = step(3, 16)) {
      List<List<Score>> ranked = Reader.of(step).choose(questions);
      for (int q = 0; q < questions.size(); q++) {
        for (int a = 0; a < answers.size(); a++) {
          Score alone =
              Reader.of(step).score(Passage.of(questions.get(q).context(), answers.get(a)));
          assertThat(ranked.get(q).get(a).logprobs()).isEqualTo(alone.logprobs());
          assertThat(ranked.get(q).get(a).tokens()).isEqualTo(answers.get(a));
        }
      }
      assertThat(ranked.getFirst().get(0).perToken())
          .isGreaterThan(ranked.getFirst().get(1).perToken());
      assertThat(ranked.getFirst().get(0).greedy()).isTrue();
      assertThat(ranked.getFirst().get(1).greedy()).isFalse();
    }
  }

  @Test
  void aFullQueueIsWaitedForByStepAndByEngine() {
    List<Passage> passages = new ArrayList<>();
    for (int i = 1; i < 12; i++) {
      passages.add(Passage.of(new int[0], Arrays.copyOf(STORY, i)));
    }
    EngineOptions narrow = new EngineOptions(2, 4, 1);
    List<Score> alone;
    try (EngineStep step = new EngineStep(MODEL, narrow)) {
      alone = Reader.of(step).score(passages);
      assertThat(step.idle()).isTrue();
    }
    try (Engine engine = Engine.start(MODEL, narrow)) {
      List<Score> served = Reader.of(engine).score(passages);
      for (int i = 0; i < passages.size(); i++) {
        assertThat(served.get(i).logprobs()).isEqualTo(alone.get(i).logprobs()).hasSize(i);
      }
    }
  }

  @Test
  void moreProbesThanALimitedStepHoldsTakeTurns() throws EngineFullException {
    try (EngineStep step = step(40, 400)) {
      List<Outcome> outcomes = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        Outcome outcome = new Outcome();
        outcomes.add(outcome);
        step.submit(probed(STORY, Probe.scores(1)), outcome);
      }
      drain(step);
      assertThat(outcomes).allMatch(o -> findings(o).logprobs().length == STORY.length - 1);
    }
  }

  @Test
  void vectorsAreThoseOfTheModelAndStatesThoseOfASession() {
    try (EngineStep step = step(1, 8)) {
      Reader reader = Reader.of(step);
      assertThat(reader.state(null, STORY)).isEqualTo(fed(STORY));
      int[] head = Arrays.copyOf(STORY, 5);
      int[] tail = Arrays.copyOfRange(STORY, 5, STORY.length);
      assertThat(reader.hidden(fed(head), tail)).isEqualTo(reader.hidden(null, STORY));
    }
  }

  @Test
  void aQuestionWithoutSenseIsRefused() {
    assertThatThrownBy(() -> probed(STORY, Probe.scores(STORY.length + 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("behind the prompt");
    assertThat(findings(alone(probed(STORY, Probe.scores(STORY.length)))).logprobs()).isEmpty();
    assertThatThrownBy(() -> new Question(null, new int[0], List.of(STORY)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Question(null, STORY, List.of(new int[0])))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aCancelEndsAProbeWithoutFindings() throws EngineFullException {
    Generation tedious = probed(new int[10_000], Probe.scores(1));
    Outcome outcome = new Outcome();
    try (EngineStep step = step(1, 8)) {
      step.submit(tedious, outcome);
      step.run();
      step.cancel(tedious);
      drain(step);
    }
    assertThat(outcome.end().reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(outcome.end().findings()).isNull();
  }
}
