package dev.skein.engine;

import static dev.skein.engine.DemoModel.LIVELY;
import static dev.skein.engine.DemoModel.MODEL;
import static dev.skein.engine.DemoModel.alone;
import static dev.skein.engine.DemoModel.ids;
import static dev.skein.engine.DemoModel.together;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.grammar.Constraint;
import dev.skein.model.grammar.Grammar;
import dev.skein.model.grammar.Grammars;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Generations whose text must have a form. */
class ConstraintTest {
  private static final Grammars GRAMMARS =
      new Grammars(MODEL.tokenizer(), MODEL.rwkv().config().vocabulary());
  private static final String REGEX = "(He|She) said \"[A-Za-z ,']{1,60}[.!?]\"( Then [a-z ]+\\.)?";

  private static Grammar grammar(String regex) {
    return GRAMMARS.compile(new Constraint.Regex(regex));
  }

  private static Generation.Builder said(int seed, int budget) {
    return Generation.of(ids("Once upon a time there was a bear. "))
        .sampling(LIVELY.withTopP(1))
        .seed(seed)
        .maxTokens(budget)
        .guidance(new Guidance(grammar(REGEX), budget));
  }

  @Test
  void everyTextMatchesAndEndsWithStopWhateverTheBudget() {
    Set<String> texts = new HashSet<>();
    for (int seed = 0; seed < 30; seed++) {
      int budget = grammar(REGEX).shortest() + 2 * seed;
      Outcome outcome = alone(said(seed, budget).build());
      assertThat(outcome.text()).matches(Pattern.compile(REGEX));
      assertThat(outcome.end().reason()).isEqualTo(FinishReason.STOP);
      assertThat(outcome.tokens).hasSizeLessThanOrEqualTo(budget);
      texts.add(outcome.text());
    }
    assertThat(texts).hasSizeGreaterThan(20);
  }

  @Test
  void theModelStillChoosesWhatItLikes() {
    Set<String> endings = new HashSet<>();
    for (int seed = 0; seed < 40; seed++) {
      String text = alone(said(seed, 60).build()).text();
      endings.add(text.contains("\" Then ") ? "long" : "short");
    }
    assertThat(endings).containsExactlyInAnyOrder("long", "short");
  }

  @Test
  void companyChangesNothing() {
    List<Generation> all = new ArrayList<>();
    for (int seed = 0; seed < 9; seed++) {
      Generation.Builder one = said(seed, 25 + seed).keepState(true).logprobs(2);
      all.add(seed % 3 == 2 ? one.guidance(null).build() : one.build());
    }
    List<Outcome> outcomes = together(4, 16, all);
    for (int i = 0; i < all.size(); i++) {
      outcomes.get(i).assertSameAs(alone(all.get(i)));
    }
  }

  @Test
  void aBudgetInWhichNothingFitsIsRefusedBeforeAnythingIsDrawn() {
    Grammar grammar = grammar(REGEX);
    assertThatThrownBy(() -> new Guidance(grammar, grammar.shortest() - 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("takes up to " + grammar.shortest() + " tokens");
  }

  @Test
  void aLogThatIsCutShortDrawsAsIfItWereNot() {
    Outcome whole = alone(said(3, 40).build());
    int[] drawn = java.util.Arrays.copyOf(whole.ids(), 6);
    List<Boolean> compared = new ArrayList<>();
    GenerationListener ear =
        new GenerationListener() {
          @Override
          public void onToken(DrawnToken token) {}

          @Override
          public void onCompared(int index, boolean agrees) {
            compared.add(agrees);
          }

          @Override
          public void onEnd(GenerationEnd end) {}
        };
    try (EngineStep step = DemoModel.step(1, 64)) {
      step.submit(said(3, 40).maxTokens(6).drawn(drawn).build(), ear);
      DemoModel.drain(step);
    } catch (EngineFullException e) {
      throw new AssertionError(e);
    }
    assertThat(compared).containsExactly(true);
  }

  @Test
  void aLogThatBreaksTheConstraintEndsItsOwnGenerationOnly() {
    int[] broken = ids("It rains");
    Outcome outcome = alone(said(1, 40).drawn(broken).build());
    assertThat(outcome.end().reason()).isEqualTo(FinishReason.ERROR);
    assertThat(outcome.end().error()).contains("breaks the constraint");
  }

  @Test
  void endOfTextIsDrawnOnlyWhereTheTextIsWhole() {
    Generation g =
        said(5, 30).guidance(new Guidance(grammar("ab*"), 30)).stopTokens(ids("b")[0]).build();
    Outcome outcome = alone(g);
    assertThat(outcome.end().reason()).isEqualTo(FinishReason.STOP);
    assertThat(outcome.text()).matches("ab*");
  }
}
