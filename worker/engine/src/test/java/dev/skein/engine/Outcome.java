package dev.skein.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything that a listener heard. */
final class Outcome implements GenerationListener {
  final List<DrawnToken> tokens = new ArrayList<>();
  private @Nullable GenerationEnd end;

  @Override
  public void onToken(DrawnToken token) {
    assertThat(end).as("a token after the end").isNull();
    assertThat(token.index()).isEqualTo(tokens.size());
    tokens.add(token);
  }

  @Override
  public void onEnd(GenerationEnd end) {
    assertThat(this.end).as("a second end").isNull();
    this.end = end;
  }

  boolean over() {
    return end != null;
  }

  GenerationEnd end() {
    GenerationEnd known = end;
    if (known == null) {
      throw new AssertionError("the generation has not ended");
    }
    return known;
  }

  SessionState state() {
    SessionState state = end().state();
    if (state == null) {
      throw new AssertionError("the end has no state");
    }
    return state;
  }

  int[] ids() {
    return tokens.stream().mapToInt(DrawnToken::token).toArray();
  }

  String text() {
    StringBuilder text = new StringBuilder();
    tokens.forEach(t -> text.append(t.text()));
    return text.append(end().text()).toString();
  }

  /** The same in every respect that the outside can see, forced or not. */
  void assertSameAs(Outcome other) {
    assertThat(ids()).isEqualTo(other.ids());
    assertThat(tokens.stream().map(DrawnToken::text))
        .containsExactlyElementsOf(other.tokens.stream().map(DrawnToken::text).toList());
    assertThat(tokens.stream().map(t -> Float.floatToRawIntBits(t.logprob())))
        .containsExactlyElementsOf(
            other.tokens.stream().map(t -> Float.floatToRawIntBits(t.logprob())).toList());
    assertThat(tokens.stream().map(DrawnToken::top))
        .containsExactlyElementsOf(other.tokens.stream().map(DrawnToken::top).toList());
    assertThat(end().reason()).isEqualTo(other.end().reason());
    assertThat(end().text()).isEqualTo(other.end().text());
    assertThat(end().completionTokens()).isEqualTo(other.end().completionTokens());
    assertThat(end().kept()).isEqualTo(other.end().kept());
    assertThat(end().unread()).isEqualTo(other.end().unread());
    assertThat(end().state()).isEqualTo(other.end().state());
  }
}
