package dev.skein.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TextAssemblerTest {

  @Test
  void holdsBackUnfinishedCharacters() {
    TextAssembler text = new TextAssembler(List.of());
    byte[] smile = utf8("😀");
    assertThat(text.push(Arrays.copyOf(smile, 1))).isEmpty();
    assertThat(text.push(Arrays.copyOfRange(smile, 1, 3))).isEmpty();
    assertThat(text.heldFrom()).isZero();
    assertThat(text.push(new byte[] {smile[3], 'a'})).isEqualTo("😀a");
    assertThat(text.heldFrom()).isEqualTo(5);
    assertThat(text.flush()).isEmpty();
  }

  @Test
  void holdsBackWhatMayBecomeAStopString() {
    TextAssembler text = new TextAssembler(List.of("\n\nUser:"));
    assertThat(text.push(utf8("Hi.\n"))).isEqualTo("Hi.");
    assertThat(text.push(utf8("\nUse"))).isEmpty();
    assertThat(text.heldFrom()).isEqualTo(3);
    assertThat(text.push(utf8("ful"))).isEqualTo("\n\nUseful");
    assertThat(text.push(utf8("!\n\n"))).isEqualTo("!");
    assertThat(text.push(utf8("User: more"))).isEmpty();
    assertThat(text.stopped()).isTrue();
    assertThat(text.stopAt()).isEqualTo(12);
    assertThat(text.heldFrom()).isEqualTo(12);
    assertThat(text.push(utf8("more"))).isEmpty();
    assertThat(text.flush()).isEmpty();
  }

  @Test
  void theStopThatIsCompleteFirstWins() {
    TextAssembler text = new TextAssembler(List.of("abcd", "bc"));
    assertThat(text.push(utf8("xabcd"))).isEqualTo("xa");
    assertThat(text.stopAt()).isEqualTo(2);
    TextAssembler longer = new TextAssembler(List.of("c", "abc"));
    assertThat(longer.push(utf8("xabc"))).isEqualTo("x");
  }

  @Test
  void brokenBytesBecomeReplacementCharactersAtTheEnd() {
    TextAssembler text = new TextAssembler(List.of());
    assertThat(text.push(new byte[] {'a', (byte) 0xe2, (byte) 0x82})).isEqualTo("a");
    assertThat(text.flush()).isEqualTo("\uFFFD");
    TextAssembler stopped = new TextAssembler(List.of("!"));
    assertThat(stopped.push(new byte[] {'a', (byte) 0xe2, '!'})).isEqualTo("a\uFFFD");
  }

  @Test
  void refusesStopsWithoutBounds() {
    assertThatThrownBy(() -> new TextAssembler(List.of("a", "")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("stop");
    assertThatThrownBy(() -> new TextAssembler(List.of("a".repeat(2000))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TextAssembler(java.util.Collections.nCopies(65, "a")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /**
   * Whatever the bytes and wherever they are cut: the pieces together are the text, and none is
   * ever taken back.
   */
  @Test
  void piecesDoNotDependOnWhereTheBytesAreCut() {
    for (int seed = 0; seed < 3_000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] bytes = bytes(random);
      List<String> stops = stops(random);
      int stop = firstStop(bytes, stops);
      String expected =
          new String(bytes, 0, stop < 0 ? bytes.length : stop, StandardCharsets.UTF_8);
      TextAssembler text = new TextAssembler(stops);
      StringBuilder all = new StringBuilder();
      for (int from = 0; from < bytes.length; ) {
        int to = Math.min(bytes.length, from + random.nextInt(1, 7));
        all.append(text.push(Arrays.copyOfRange(bytes, from, to)));
        assertThat(expected).as("seed %d", seed).startsWith(all.toString());
        assertThat(text.heldFrom()).isLessThanOrEqualTo(to);
        from = to;
      }
      all.append(text.flush());
      assertThat(all.toString()).as("seed %d", seed).isEqualTo(expected);
      assertThat(text.stopAt()).as("seed %d", seed).isEqualTo(stop);
    }
  }

  /**
   * Every held byte has a reason: it may begin a stop string or belongs to an unfinished character.
   */
  @Test
  void holdsNoMoreThanItMust() {
    for (int seed = 0; seed < 500; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      String source = validText(random);
      TextAssembler text = new TextAssembler(List.of("\n\nUser:"));
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < source.length(); i++) {
        all.append(text.push(utf8(source.substring(i, i + 1))));
        String soFar = source.substring(0, i + 1);
        int held = 0;
        for (int n = 1; n < 7; n++) {
          if (soFar.endsWith("\n\nUser:".substring(0, n))) {
            held = n;
          }
        }
        assertThat(all.toString()).isEqualTo(soFar.substring(0, soFar.length() - held));
      }
    }
  }

  private static String validText(SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(40); i > 0; i--) {
      text.append("\n\nUse \nUé狐".charAt(random.nextInt(10)));
    }
    return text.toString();
  }

  /**
   * The definition, by brute force: of all occurrences the one that ends first, of those the
   * longest.
   */
  private static int firstStop(byte[] bytes, List<String> stops) {
    for (int end = 1; end <= bytes.length; end++) {
      int begin = Integer.MAX_VALUE;
      for (String stop : stops) {
        byte[] wanted = utf8(stop);
        int from = end - wanted.length;
        if (from >= 0 && Arrays.equals(bytes, from, end, wanted, 0, wanted.length)) {
          begin = Math.min(begin, from);
        }
      }
      if (begin < Integer.MAX_VALUE) {
        return begin;
      }
    }
    return -1;
  }

  private static byte[] bytes(SplittableRandom random) {
    String[] parts = {"a", "b", "ab", "\n", "\n\n", "User:", "é", "狐", "😀", "aab"};
    List<Byte> bytes = new ArrayList<>();
    for (int i = random.nextInt(30); i > 0; i--) {
      byte[] part =
          random.nextInt(6) == 0
              ? new byte[] {(byte) random.nextInt(0x80, 0x100)}
              : utf8(parts[random.nextInt(parts.length)]);
      for (byte b : part) {
        bytes.add(b);
      }
    }
    byte[] out = new byte[bytes.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = bytes.get(i);
    }
    return out;
  }

  private static List<String> stops(SplittableRandom random) {
    List<String> all = List.of("\n\nUser:", "aabaab", "abab", "狐狐", "é狐", "\n\n\n", "bb😀");
    return all.stream().filter(s -> random.nextInt(3) == 0).toList();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
