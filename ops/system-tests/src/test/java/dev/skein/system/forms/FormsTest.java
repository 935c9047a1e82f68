package dev.skein.system.forms;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.EngineFullException;
import dev.skein.engine.EngineOptions;
import dev.skein.engine.EngineStep;
import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.GenerationListener;
import dev.skein.engine.Guidance;
import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import dev.skein.model.grammar.Constraint;
import dev.skein.model.grammar.Grammar;
import dev.skein.model.grammar.Grammars;
import dev.skein.model.grammar.RandomSchemas;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.ChatMessage;
import dev.skein.system.Checkout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the bundled model writes under a thousand forms, by the engine that serves. */
@Tag("full")
class FormsTest {
  private static final int FORMS = 1_000;
  private static final int AT_ONCE = 40;
  private static final int BUDGET = 400;
  private static final int FIRST_SEED = 50_000;
  private static final SamplingParameters LIVELY = SamplingParameters.PLAIN.withTemperature(1);

  private static Model model;
  private static int[] prompt;

  @BeforeAll
  static void open() throws Exception {
    model =
        Model.open(
            Checkout.root().resolve("ops/models/skein-demo-9m"),
            Model.Options.defaults(),
            LoadProgress.NONE);
    ChatMessage asked = new ChatMessage("user", "Tell me about a goose, in a form.");
    prompt = model.tokenizer().encode(model.template().first(List.of(asked)));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  /** One answer as it grows. */
  private static final class Answer implements GenerationListener {
    private final String form;
    private final Grammar grammar;
    private final StringBuilder text = new StringBuilder();
    private int tokens;
    private @Nullable GenerationEnd end;

    Answer(String form, Grammar grammar) {
      this.form = form;
      this.grammar = grammar;
    }

    @Override
    public void onToken(DrawnToken token) {
      text.append(token.text());
      tokens++;
    }

    @Override
    public void onEnd(GenerationEnd last) {
      text.append(last.text());
      end = last;
    }

    String text() {
      GenerationEnd last = Objects.requireNonNull(end);
      assertThat(last.reason()).as("%s under %s", text, form).isEqualTo(FinishReason.STOP);
      return text.toString();
    }

    boolean isShortest() {
      return tokens <= grammar.shortest();
    }
  }

  private static List<Answer> write(IntFunction<String> form, IntFunction<Constraint> constraint)
      throws EngineFullException {
    Grammars grammars = new Grammars(model.tokenizer(), model.rwkv().config().vocabulary());
    List<Answer> answers = new ArrayList<>();
    try (EngineStep step = new EngineStep(model, new EngineOptions(AT_ONCE, 128, AT_ONCE))) {
      for (int seed = FIRST_SEED; seed < FIRST_SEED + FORMS; seed++) {
        Answer answer = new Answer(form.apply(seed), grammars.compile(constraint.apply(seed)));
        answers.add(answer);
        step.submit(
            Generation.of(prompt)
                .sampling(LIVELY)
                .seed(seed)
                .maxTokens(BUDGET)
                .guidance(new Guidance(answer.grammar, BUDGET))
                .build(),
            answer);
        while (step.waiting() + step.running() >= AT_ONCE) {
          step.run();
        }
      }
      while (!step.idle()) {
        step.run();
      }
    }
    return answers;
  }

  private static String schema(int seed) {
    return RandomSchemas.of(seed).toString();
  }

  @Test
  void everyAnswerUnderAThousandSchemasIsValidAndFewAreTheShortest() throws Exception {
    List<Answer> answers =
        write(FormsTest::schema, seed -> new Constraint.JsonSchema(schema(seed)));
    for (Answer answer : answers) {
      Judge.assertValid(answer.form, answer.text());
    }
    long shortest = answers.stream().filter(Answer::isShortest).count();
    assertThat(shortest).as("answers that are the shortest").isLessThanOrEqualTo(FORMS / 10);
  }

  @Test
  void everyAnswerUnderAThousandExpressionsMatches() throws Exception {
    List<Answer> answers =
        write(RandomRegexes::of, seed -> new Constraint.Regex(RandomRegexes.of(seed)));
    for (Answer answer : answers) {
      assertThat(answer.text()).matches(Pattern.compile(answer.form));
    }
  }
}
