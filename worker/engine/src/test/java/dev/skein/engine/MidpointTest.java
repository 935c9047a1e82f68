package dev.skein.engine;

import static dev.skein.engine.DemoModel.LIVELY;
import static dev.skein.engine.DemoModel.alone;
import static dev.skein.engine.DemoModel.ids;
import static dev.skein.engine.DemoModel.step;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.model.grammar.Constraint;
import dev.skein.model.grammar.Grammars;
import dev.skein.model.sampling.SamplingParameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A generation that goes on from any of its midpoints is the generation that never stopped. */
class MidpointTest {

  private static final SamplingParameters PENALISED =
      LIVELY.withPresencePenalty(0.4f).withFrequencyPenalty(0.3f);

  /** Hears everything, midpoints included, and asks for one after every step. */
  private static final class Recorder implements GenerationListener {
    final List<DrawnToken> tokens = new ArrayList<>();
    final List<Midpoint> midpoints = new ArrayList<>();
    final List<Boolean> compared = new ArrayList<>();
    @Nullable GenerationEnd end;

    @Override
    public void onToken(DrawnToken token) {
      tokens.add(token);
    }

    @Override
    public void onMidpoint(Midpoint midpoint) {
      midpoints.add(midpoint);
    }

    @Override
    public void onCompared(int index, boolean agrees) {
      compared.add(agrees);
    }

    @Override
    public void onEnd(GenerationEnd ended) {
      end = ended;
    }

    GenerationEnd ended() {
      GenerationEnd known = end;
      if (known == null) {
        throw new AssertionError("not ended");
      }
      return known;
    }
  }

  private static Recorder run(Generation g, int tokensPerStep) throws EngineFullException {
    Recorder heard = new Recorder();
    try (EngineStep step = step(1, tokensPerStep)) {
      step.submit(g, heard);
      while (!step.idle()) {
        step.capture(g, 0);
        step.run();
      }
    }
    return heard;
  }

  /** Goes on from every midpoint, with and without the witness of what came after it. */
  private static int goOnEverywhere(Generation g, int tokensPerStep) throws EngineFullException {
    Recorder whole = run(g, tokensPerStep);
    for (Midpoint middle : whole.midpoints) {
      for (int witnessed : new int[] {0, 3}) {
        int from = middle.progress().drawn();
        int to = Math.min(whole.tokens.size(), from + witnessed);
        int[] drawn = whole.tokens.subList(from, to).stream().mapToInt(DrawnToken::token).toArray();
        int promptRead = Math.min(middle.read(), g.prompt().length);
        Generation rest =
            g.toBuilder()
                .prompt(Arrays.copyOfRange(g.prompt(), promptRead, g.prompt().length))
                .start(middle.state())
                .progress(middle.progress())
                .drawn(drawn)
                .build();
        assertGoesOn(whole, middle, run(rest, tokensPerStep), drawn.length);
      }
    }
    return whole.midpoints.size();
  }

  private static void assertGoesOn(Recorder whole, Midpoint middle, Recorder rest, int forced) {
    int from = middle.progress().drawn();
    List<DrawnToken> expected = whole.tokens.subList(from, whole.tokens.size());
    assertThat(rest.tokens.stream().map(t -> t.index() + " " + t.token() + " " + t.text()))
        .containsExactlyElementsOf(
            expected.stream().map(t -> t.index() + " " + t.token() + " " + t.text()).toList());
    assertThat(rest.compared).hasSize(Math.min(forced, 1)).doesNotContain(false);
    GenerationEnd end = rest.ended();
    GenerationEnd same = whole.ended();
    assertThat(end.reason()).isEqualTo(same.reason());
    assertThat(end.text()).isEqualTo(same.text());
    assertThat(end.completionTokens()).isEqualTo(same.completionTokens());
    int base = from - middle.progress().unread().length;
    assertThat(end.kept()).isEqualTo(Arrays.copyOfRange(same.kept(), base, same.kept().length));
    assertStateAndUnreadAreOneMemory(rest, whole);
  }

  /** Either state may be the older one; with what it has still to read it is the same memory. */
  private static void assertStateAndUnreadAreOneMemory(Recorder a, Recorder b) {
    assertThat(finished(a)).isEqualTo(finished(b));
  }

  private static @Nullable SessionState finished(Recorder r) {
    int[] kept = r.ended().kept();
    int unread = r.ended().unread();
    if (unread == 0 || unread > kept.length) {
      return r.ended().state();
    }
    int[] left = Arrays.copyOfRange(kept, kept.length - unread, kept.length);
    Generation feed =
        Generation.of(left).start(r.ended().state()).maxTokens(0).keepState(true).build();
    return alone(feed).state();
  }

  private static Generation.Builder story(String prompt, int seed) {
    return Generation.of(ids(prompt)).sampling(PENALISED).seed(seed).keepState(true);
  }

  @Test
  void withPenaltiesFromEveryTokenBoundary() throws EngineFullException {
    assertThat(goOnEverywhere(story("Once upon a time", 4).maxTokens(20).build(), 64))
        .isGreaterThan(15);
  }

  @Test
  void inTheMiddleOfAPrompt() throws EngineFullException {
    Generation g = story("There was a bear who loved honey. ".repeat(4), 5).maxTokens(6).build();
    assertThat(goOnEverywhere(g, 7)).isGreaterThan(5);
    assertThat(goOnEverywhere(g.toBuilder().maxTokens(0).build(), 9)).isGreaterThan(2);
  }

  @Test
  void withStopStringsThatBeginAndAreHeldBack() throws EngineFullException {
    Recorder free = run(story("Once upon a time", 6).maxTokens(40).build(), 64);
    StringBuilder text = new StringBuilder();
    free.tokens.forEach(t -> text.append(t.text()));
    Set<Integer> held = new LinkedHashSet<>();
    for (int at = 8; at + 14 < text.length() && at < 60; at += 23) {
      List<String> stops =
          List.of(text.substring(at, at + 11), text.substring(at - 5, at + 6) + "never", "zebra");
      Generation g = story("Once upon a time", 6).maxTokens(40).stop(stops).build();
      run(g, 64).midpoints.forEach(m -> held.add(m.progress().held().length));
      goOnEverywhere(g, 64);
    }
    assertThat(held).as("bytes held back at midpoints").hasSizeGreaterThan(2);
  }

  @Test
  void inTheMiddleOfACharacter() throws EngineFullException {
    int firstByteOfTwo = 0xC3 + 1; // the vocabulary begins with the 256 bytes, from id 1
    assertThat(DemoModel.MODEL.tokenizer().bytes(firstByteOfTwo)).containsExactly(0xC3);
    Generation g = story("Once", 7).maxTokens(12).drawn(firstByteOfTwo).build();
    assertThat(run(g, 1).midpoints.getLast().progress().drawn()).isPositive();
    assertThat(run(g, 64).midpoints.stream().map(m -> m.progress().held().length))
        .anyMatch(length -> length == 1);
    assertThat(goOnEverywhere(g, 64)).isPositive();
  }

  @Test
  void withinAConstraint() throws EngineFullException {
    Grammars grammars =
        new Grammars(DemoModel.MODEL.tokenizer(), DemoModel.MODEL.rwkv().config().vocabulary());
    Constraint schema =
        new Constraint.JsonSchema(
            "{\"type\":\"object\",\"properties\":{\"who\":{\"type\":\"string\",\"maxLength\":20},"
                + "\"ages\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems\":2}},"
                + "\"required\":[\"who\",\"ages\"]}");
    for (int seed = 0; seed < 3; seed++) {
      Guidance guidance = new Guidance(grammars.compile(schema), 40);
      Generation g = story("Who is it?", seed).maxTokens(40).guidance(guidance).build();
      assertThat(goOnEverywhere(g, 64)).isGreaterThan(10);
    }
  }

  @Test
  void aLogThatSaysOtherwiseIsCountedAndWins() throws EngineFullException {
    Generation g = story("Once upon a time", 8).maxTokens(5).build();
    int[] log = run(g, 64).tokens.stream().limit(3).mapToInt(DrawnToken::token).toArray();
    log[2] = log[2] == 300 ? 301 : 300;
    Recorder heard = run(g.toBuilder().drawn(log).build(), 64);
    assertThat(heard.compared).containsExactly(false);
    assertThat(heard.tokens.get(2).token()).isEqualTo(log[2]);
  }
}
