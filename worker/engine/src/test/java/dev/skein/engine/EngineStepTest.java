package dev.skein.engine;

import static dev.skein.engine.DemoModel.LIVELY;
import static dev.skein.engine.DemoModel.alone;
import static dev.skein.engine.DemoModel.drain;
import static dev.skein.engine.DemoModel.fed;
import static dev.skein.engine.DemoModel.ids;
import static dev.skein.engine.DemoModel.step;
import static dev.skein.engine.DemoModel.together;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.sampling.CounterRandom;
import dev.skein.model.sampling.TokenLogprob;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a generation is, whatever it runs beside: promise 3 at the level of the engine. */
class EngineStepTest {
  private static final String QUESTION = "User: Tell me a story about a fox.\n\nAssistant:";

  private static Generation.Builder story(int seed) {
    return Generation.of(ids(QUESTION)).sampling(LIVELY).seed(seed).maxTokens(24);
  }

  private static int[] join(int[] a, int[] b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  /** The property behind every end: start + prompt + kept, read from scratch, is state + unread. */
  private static void assertStateIsThatOfKept(Generation g, Outcome outcome) {
    int[] all = join(g.prompt(), outcome.end().kept());
    int unread = outcome.end().unread();
    int[] tail = Arrays.copyOfRange(all, all.length - unread, all.length);
    int[] head = Arrays.copyOf(all, all.length - unread);
    SessionState start = g.start();
    SessionState expected =
        alone(Generation.of(head).start(start).maxTokens(0).keepState(true).build()).state();
    assertThat(outcome.state()).isEqualTo(expected);
    assertThat(tail).hasSize(unread);
  }

  @Test
  void companyAndArrivalChangeNothing() throws EngineFullException {
    List<Generation> all = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      int[] prompt = ids("Once upon a time there was " + "a very small bear and ".repeat(i));
      all.add(
          Generation.of(prompt)
              .sampling(LIVELY)
              .seed(i)
              .maxTokens(5 + i * 3 % 11)
              .keepState(true)
              .stop(i % 2 == 0 ? List.of("\n\n", ". ") : List.of())
              .build());
    }
    List<Outcome> outcomes = all.stream().map(g -> new Outcome()).toList();
    try (EngineStep step = step(5, 16)) {
      int submitted = 0;
      for (int tick = 0; submitted < all.size() || !step.idle(); tick++) {
        while (submitted < all.size() && CounterRandom.uniform(9, tick, 0, submitted) < 0.3) {
          step.submit(all.get(submitted), outcomes.get(submitted));
          submitted++;
        }
        step.run();
      }
    }
    for (int i = 0; i < all.size(); i++) {
      outcomes.get(i).assertSameAs(alone(all.get(i)));
    }
  }

  @Test
  void everyStepOfTheSameLifeIsTheSame() throws EngineFullException {
    List<StepReport> first = new ArrayList<>();
    List<StepReport> second = new ArrayList<>();
    for (List<StepReport> reports : List.of(first, second)) {
      try (EngineStep step = step(2, 8)) {
        for (int i = 0; i < 4; i++) {
          step.submit(story(i).maxTokens(6).build(), new Outcome());
        }
        while (!step.idle()) {
          reports.add(step.run());
        }
      }
    }
    assertThat(first).isEqualTo(second);
    assertThat(first.stream().mapToInt(StepReport::ended).sum()).isEqualTo(4);
    assertThat(first.stream().mapToInt(StepReport::drawn).sum()).isEqualTo(24);
    assertThat(first).allMatch(r -> r.tokens() <= 8 && r.rows() <= 2);
  }

  @Test
  void lengthLeavesTheLastTokenUnread() {
    Generation g = story(1).maxTokens(7).keepState(true).build();
    Outcome outcome = alone(g);
    assertThat(outcome.end().reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(outcome.end().kept()).isEqualTo(outcome.ids()).hasSize(7);
    assertThat(outcome.end().unread()).isEqualTo(1);
    assertThat(outcome.end().completionTokens()).isEqualTo(7);
    assertStateIsThatOfKept(g, outcome);
  }

  @Test
  void aSecondTurnGoesOnWhereTheFirstOneEnded() {
    Generation whole = story(3).maxTokens(12).keepState(true).build();
    Outcome inOne = alone(whole);
    Outcome first = alone(whole.toBuilder().maxTokens(5).build());
    int[] unread = {first.ids()[4]};
    Generation rest =
        Generation.of(unread).start(first.state()).maxTokens(0).keepState(true).build();
    SessionState after = alone(rest).state();
    assertThat(after).isEqualTo(fed(join(whole.prompt(), first.ids())));
    assertThat(first.ids()).isEqualTo(Arrays.copyOf(inOne.ids(), 5));
  }

  @Test
  void stopStringsLeaveNoTraceInTheState() {
    String text = alone(story(5).maxTokens(60).build()).text();
    int stopsSeen = 0;
    int fromCopy = 0;
    // every cut of the reply as a stop string: beginnings inside, between and across tokens
    for (int at = 3; at + 7 < text.length(); at += 13) {
      for (int length : new int[] {1, 2, 3, 7}) {
        String stop = text.substring(at, at + length);
        Generation g = story(5).maxTokens(60).keepState(true).stop(List.of(stop)).build();
        Outcome outcome = alone(g);
        assertThat(outcome.end().reason()).isEqualTo(FinishReason.STOP);
        assertThat(outcome.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
        assertThat(new String(DemoModel.MODEL.tokenizer().decode(outcome.end().kept()), UTF_8))
            .isEqualTo(outcome.text());
        assertStateIsThatOfKept(g, outcome);
        stopsSeen++;
        fromCopy += outcome.end().unread() > 0 ? 1 : 0;
      }
    }
    assertThat(stopsSeen).isGreaterThan(40);
    assertThat(fromCopy).as("stops that begin inside a token").isPositive();
  }

  @Test
  void endOfTextIsNotPartOfTheSession() {
    Generation free = story(7).maxTokens(12).build();
    int[] drawn = alone(free).ids();
    Generation g = story(7).maxTokens(12).keepState(true).stopTokens(drawn[8]).build();
    Outcome outcome = alone(g);
    int at = outcome.ids().length - 1;
    assertThat(outcome.ids()[at]).isEqualTo(drawn[8]);
    assertThat(outcome.end().reason()).isEqualTo(FinishReason.STOP);
    assertThat(outcome.end().kept()).isEqualTo(Arrays.copyOf(drawn, at));
    assertThat(outcome.end().unread()).isZero();
    assertStateIsThatOfKept(g, outcome);
  }

  @Test
  void aWitnessGivesTheSameEvents() {
    for (List<String> stop : List.of(List.<String>of(), List.of(". ", "\n\n"), List.of(" the"))) {
      for (int logprobs : new int[] {-1, 2}) {
        Generation g =
            story(11).maxTokens(30).keepState(true).stop(stop).logprobs(logprobs).build();
        Outcome undisturbed = alone(g);
        int drawn = undisturbed.ids().length;
        for (int known : new int[] {1, 2, drawn / 2, drawn - 1, drawn}) {
          int[] witness = Arrays.copyOf(undisturbed.ids(), known);
          Outcome again = alone(g.toBuilder().drawn(witness).build());
          again.assertSameAs(undisturbed);
          assertThat(again.tokens.stream().filter(DrawnToken::forced).count()).isEqualTo(known);
        }
      }
    }
  }

  @Test
  void aTrustedWitnessIsNotDrawnAgain() throws EngineFullException {
    Generation g = story(12).maxTokens(9).keepState(true).build();
    Outcome undisturbed = alone(g);
    Generation known = g.toBuilder().drawn(Arrays.copyOf(undisturbed.ids(), 5)).build();
    Generation trusted = known.toBuilder().trusted(true).build();
    alone(trusted).assertSameAs(undisturbed);
    assertThat(idsAfterOneStep(known)).as("the last one, to compare").hasSize(5);
    assertThat(idsAfterOneStep(trusted)).as("one that is new").hasSize(6);
  }

  private int[] idsAfterOneStep(Generation generation) throws EngineFullException {
    Outcome outcome = new Outcome();
    try (EngineStep step = step(1, 64)) {
      step.submit(generation, outcome);
      step.run();
    }
    return outcome.ids();
  }

  @Test
  void theWitnessIsFactEvenWhereTheModelDisagrees() {
    Generation g = story(13).maxTokens(8).keepState(true).drawn(300, 301, 302).build();
    Outcome outcome = alone(g);
    assertThat(Arrays.copyOf(outcome.ids(), 3)).containsExactly(300, 301, 302);
    assertStateIsThatOfKept(g, outcome);
  }

  @Test
  void aWitnessThatGoesOnAfterTheEndIsAnError() {
    int[] drawn = alone(story(14).maxTokens(6).build()).ids();
    Generation g = story(14).maxTokens(6).drawn(drawn).stopTokens(drawn[2]).build();
    Outcome outcome = alone(g);
    assertThat(outcome.end().reason()).isEqualTo(FinishReason.ERROR);
    assertThat(outcome.end().error()).contains("index");
  }

  @Test
  void feedingOnlyDrawsNothing() {
    Generation g = Generation.of(ids(QUESTION)).maxTokens(0).keepState(true).build();
    Outcome outcome = alone(g);
    assertThat(outcome.tokens).isEmpty();
    assertThat(outcome.end().reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(outcome.end().unread()).isZero();
    assertThat(outcome.state()).isEqualTo(fed(g.prompt()));
    assertThat(alone(g.toBuilder().start(outcome.state()).prompt().build()).state())
        .isEqualTo(outcome.state());
  }

  @Test
  void raggedChunksGiveTheStateOfSingleTokens() {
    int[] prompt = ids(QUESTION);
    int[][] single = Arrays.stream(prompt).mapToObj(t -> new int[] {t}).toArray(int[][]::new);
    assertThat(fed(prompt)).isEqualTo(fed(single));
  }

  @Test
  void aLongPromptLeavesEveryStepToThoseWhoDecode() throws EngineFullException {
    Outcome decoding = new Outcome();
    Outcome reading = new Outcome();
    try (EngineStep step = step(2, 16)) {
      step.submit(story(30).maxTokens(20).ignoreEndOfText(true).build(), decoding);
      while (decoding.tokens.isEmpty()) {
        step.run();
      }
      step.submit(Generation.of(ids(QUESTION.repeat(12))).maxTokens(1).build(), reading);
      for (int drawn = 2; drawn <= 20; drawn++) {
        StepReport report = step.run();
        assertThat(decoding.tokens).hasSize(drawn);
        assertThat(report.tokens()).isLessThanOrEqualTo(16);
      }
      drain(step);
    }
    assertThat(reading.tokens).hasSize(1);
  }

  @Test
  void cancelKeepsWhatWasShown() throws EngineFullException {
    Generation g = story(15).maxTokens(50).keepState(true).stop(List.of("\n\n")).build();
    Outcome outcome = new Outcome();
    try (EngineStep step = step(2, 64)) {
      step.submit(g, outcome);
      while (outcome.tokens.size() < 6) {
        step.run();
      }
      step.cancel(g);
      drain(step);
    }
    assertThat(outcome.end().reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(outcome.end().kept()).isEqualTo(outcome.ids()).hasSize(6);
    assertThat(outcome.end().unread()).isEqualTo(1);
    assertStateIsThatOfKept(g, outcome);
  }

  @Test
  void cancelInThePromptLeavesTheRestUnread() throws EngineFullException {
    Generation g = story(16).keepState(true).build();
    Outcome outcome = new Outcome();
    try (EngineStep step = step(1, 4)) {
      step.submit(g, outcome);
      step.run();
      step.cancel(g);
      drain(step);
    }
    assertThat(outcome.end().reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(outcome.end().kept()).isEmpty();
    assertThat(outcome.end().unread()).isEqualTo(g.prompt().length - 4);
    assertStateIsThatOfKept(g, outcome);
  }

  @Test
  void cancelInTheQueueReadsNothing() throws EngineFullException {
    Generation first = story(17).build();
    Generation g = story(18).keepState(true).drawn(300, 301).build();
    Outcome outcome = new Outcome();
    try (EngineStep step = step(1, 64)) {
      step.submit(first, new Outcome());
      step.submit(g, outcome);
      step.run();
      step.cancel(g);
      step.run();
    }
    assertThat(outcome.end().reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(outcome.ids()).as("what is in the log is shown").containsExactly(300, 301);
    assertThat(outcome.end().unread()).isEqualTo(g.prompt().length + 2);
  }

  @Test
  void aDamagedStateEndsOnlyItsOwnGeneration() {
    float[] broken = new float[DemoModel.MODEL.rwkv().stateLayout().floats()];
    Arrays.fill(broken, Float.NaN);
    Generation bad = story(19).start(SessionState.of(broken)).keepState(true).build();
    Generation good = story(20).keepState(true).build();
    List<Outcome> outcomes = together(2, 64, List.of(bad, good));
    assertThat(outcomes.get(0).end().reason()).isEqualTo(FinishReason.ERROR);
    assertThat(outcomes.get(0).end().error()).contains("finite");
    assertThat(outcomes.get(0).end().state()).isNull();
    outcomes.get(1).assertSameAs(alone(good));
  }

  @Test
  void aListenerThatThrowsEndsOnlyItsOwnGeneration() throws EngineFullException {
    Generation good = story(21).build();
    Outcome outcome = new Outcome();
    Outcome failed = new Outcome();
    try (EngineStep step = step(2, 64)) {
      step.submit(story(22).build(), new Throwing(failed, 2));
      step.submit(good, outcome);
      drain(step);
    }
    assertThat(failed.end().reason()).isEqualTo(FinishReason.ERROR);
    assertThat(failed.end().error()).contains("enough");
    outcome.assertSameAs(alone(good));
  }

  private record Throwing(Outcome heard, int limit) implements GenerationListener {
    @Override
    public void onToken(DrawnToken token) {
      heard.onToken(token);
      if (heard.tokens.size() == limit) {
        throw new IllegalStateException("enough");
      }
    }

    @Override
    public void onEnd(GenerationEnd end) {
      heard.onEnd(end);
      throw new IllegalStateException("not even this");
    }
  }

  @Test
  void logprobsAreThoseOfTheUntouchedLogits() {
    Outcome outcome = alone(Generation.of(ids(QUESTION)).maxTokens(4).logprobs(3).build());
    for (DrawnToken t : outcome.tokens) {
      assertThat(t.logprob()).isNegative();
      assertThat(t.top()).hasSize(3);
      assertThat(t.top().getFirst()).isEqualTo(new TokenLogprob(t.token(), t.logprob()));
      assertThat(t.top().get(1).logprob()).isLessThanOrEqualTo(t.logprob());
    }
  }

  @Test
  void whatDoesNotFitIsRefusedWithAReason() {
    try (EngineStep step = step(1, 8)) {
      assertThatThrownBy(() -> step.submit(Generation.of(1, 4096).build(), new Outcome()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("token 4096");
      Generation short0 = Generation.of(1).start(SessionState.of(new float[3])).build();
      assertThatThrownBy(() -> step.submit(short0, new Outcome()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("floats");
    }
    assertThatThrownBy(() -> Generation.of().build()).hasMessageContaining("prompt is empty");
    assertThatThrownBy(() -> Generation.of(1).maxTokens(1).drawn(2, 3).build())
        .hasMessageContaining("witness");
  }
}
