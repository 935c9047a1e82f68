package dev.skein.model.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.grammar.Writer.Text;
import dev.skein.model.sampling.TokenMask;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Regular expressions, choices and grammars. */
class GrammarTest {

  private static Text write(Constraint constraint, int budget, int seed) {
    return Writer.write(Writer.GRAMMARS.compile(constraint), budget, seed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "abc",
        "[a-z]+@[a-z]+\\.(com|org)",
        "(ja|nein|vielleicht)( (ja|nein))*",
        "\\d{3}-\\d{4}",
        "[^a-y]{2,5}",
        ".{3}",
        "\\p{Lu}\\p{Ll}+",
        "[äöü🪿]{1,3}x?",
        "^(\\w+\\s){2,}\\w+$",
        "(a|ab)(c|bcd)*?",
        "(?:x{0,3}){2}(?<n>y)",
        "\\u00e9[\\x41-\\x43\\]\\-]+\\.",
        "[^\\W\\d_]{1,40}",
        "|a",
        "a|^b$",
        "\\D\\S\\W",
        "(a?){0,40}b",
      })
  void everyTextMatchesItsExpression(String regex) {
    Pattern judge = Pattern.compile(regex);
    Set<String> different = new HashSet<>();
    for (int seed = 0; seed < 60; seed++) {
      Text text = write(new Constraint.Regex(regex), 30, seed);
      assertThat(text.whole()).isTrue();
      assertThat(judge.matcher(text.text()).matches()).as("%s: %s", regex, text.text()).isTrue();
      different.add(text.text());
    }
    assertThat(different).hasSizeGreaterThan(regex.equals("abc") ? 0 : 1);
  }

  /** A grammar knows every text that the expression matches, and no other, byte by byte. */
  @Test
  void masksAllowExactlyWhatCanStillMatch() {
    Grammar grammar = Writer.GRAMMARS.compile(new Constraint.Regex("(ab|é){1,3}c*"));
    Pattern judge = Pattern.compile("(ab|é){1,3}c*");
    for (String text : List.of("ab", "abéab", "éccc", "", "abababab", "a", "c", "abc", "b")) {
      Position position = grammar.start();
      Position reached =
          text.isEmpty()
              ? position
              : grammar.after(position, text.getBytes(StandardCharsets.UTF_8));
      boolean matches = reached != null && reached.accepts();
      assertThat(matches).as(text).isEqualTo(judge.matcher(text).matches());
    }
  }

  /** What the caches say is what a walk through every token says. */
  @Test
  void masksAreThoseOfAnExhaustiveLook() {
    String schema =
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"maxLength\":80},\"b\":{\"type\":\"array\","
            + "\"maxItems\":60,\"items\":{\"type\":\"string\"}},\"c\":{\"type\":\"number\"}},\"required\":[\"a\"]}";
    Grammar grammar = Writer.GRAMMARS.compile(new Constraint.JsonSchema(schema));
    for (int seed = 0; seed < 12; seed++) {
      Text text = Writer.write(grammar, 90, seed);
      Position position = grammar.start();
      for (int i = 0; i < text.tokens().size(); i++) {
        assertMask(grammar, position, 90 - i);
        assertMask(grammar, position, 10_000);
        position = reached(grammar, position, text.tokens().get(i));
      }
    }
  }

  private static Position reached(Grammar grammar, Position position, int token) {
    Position reached = grammar.after(position, Writer.TOKENIZER.bytes(token));
    if (reached == null) {
      throw new AssertionError("token " + token + " is not allowed");
    }
    return reached;
  }

  private static void assertMask(Grammar grammar, Position position, int left) {
    TokenMask mask = grammar.mask(position, left, grammar.newMask());
    for (int token = 0; token < Writer.VOCABULARY; token++) {
      Position reached = grammar.after(position, Writer.TOKENIZER.bytes(token));
      assertThat(mask.allows(token))
          .as("token %d with %d left", token, left)
          .isEqualTo(reached != null && reached.cost <= left - 1);
    }
  }

  @Test
  void writesOneOfTheChoices() {
    List<String> choices = List.of("yes", "yes, but", "no", "ça va", "🪿");
    Set<String> seen = new HashSet<>();
    for (int seed = 0; seed < 100; seed++) {
      Text text = write(new Constraint.Choices(choices), 12, seed);
      assertThat(choices).contains(text.text());
      seen.add(text.text());
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(choices);
  }

  @Test
  void writesWhatAGrammarDescribes() {
    String grammar =
        """
        # sums with nested brackets
        root ::= sum "\\n"
        sum ::= term ( [-+] term )*   # left to right
        term ::= [0-9]{1,3} | "(" sum ")"
        """;
    Pattern flat = Pattern.compile("[-+]?[0-9]{1,3}([-+][0-9]{1,3})*");
    for (int seed = 0; seed < 60; seed++) {
      Text text = write(new Constraint.Gbnf(grammar), 40, seed);
      assertThat(text.whole()).isTrue();
      String rest = text.text().strip();
      String before = "";
      while (!rest.equals(before)) {
        before = rest;
        rest = rest.replaceAll("\\(([0-9]{1,3}([-+][0-9]{1,3})*)\\)", "1");
      }
      assertThat(rest).as(text.text()).matches(flat);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "(a | \")\" is missing",
        "a) | no place",
        "[] | ends too early",
        "*a | nothing before",
        "a{3,2} | least count",
        "a++ | parentheses",
        "(?!a)b | look-around",
        "\\bfoo | \\b is not supported",
        "(a)\\1 | \\1 is not supported",
        "[z-a] | backwards",
        "a^b | only at the beginning",
        "\\p{Han} | \\p{Han}",
        "(a{20000}b{20000}c{20000}d{20000}e{20000}f{20000}) | too large",
        "[a&&b] | within classes",
      })
  void refusesAnExpressionInOneSentence(String regex, String part) {
    assertThatThrownBy(() -> Writer.GRAMMARS.compile(new Constraint.Regex(regex)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(part)
        .hasMessageEndingWith(".");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "root ::= \"a | ends too early",
        "root ::= other | no rule other",
        "rule ::= \"a\" | no rule root",
        "root ::= root \"a\" / \"b\" | \"/\"",
        "root ::= root \"a\" | root calls itself",
        "root ::= \"a\" root | finite length",
      })
  void refusesAGrammarInOneSentence(String grammar, String part) {
    assertThatThrownBy(() -> Writer.GRAMMARS.compile(new Constraint.Gbnf(grammar)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(part)
        .hasMessageEndingWith(".");
  }

  @Test
  void aPositionOfAnotherGrammarIsRefused() {
    Grammar one = Writer.GRAMMARS.compile(new Constraint.Regex("[a-z]{3}"));
    Grammar other = Writer.GRAMMARS.compile(new Constraint.Regex("[a-y]{3}"));
    byte[] bytes = one.write(one.start());
    one.check(bytes);
    assertThatThrownBy(() -> other.check(bytes)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> one.check(java.util.Arrays.copyOf(bytes, 6)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
