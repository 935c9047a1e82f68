package dev.skein.model.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.model.file.TestFolders;
import dev.skein.model.text.bpe.TinyBpe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens cut characters anywhere; what is shown never has a broken one, with any tokenizer. */
class StreamingTest {
  private static final String[] CHARACTERS = {
    "a", " ", "\n", "é", "ß", "я", "€", "。", "狐", "키", "😀", "👩‍🚀", "\uFFFE", "hello", "\u0000"
  };

  @TempDir Path folder;

  @Test
  void withSmallVocabularies() throws IOException {
    everySplitIsWhole(Tokenizer.open(TestFolders.demoModel().resolve("skein_demo_vocab.txt")));
    everySplitIsWhole(Tokenizer.open(TinyBpe.write(folder.resolve("tokenizer.json"), 262)));
  }

  @Test
  void withThePublishedVocabularies() throws IOException {
    everySplitIsWhole(Tokenizer.open(TestFolders.shared("vocab/rwkv_vocab_v20230424.txt")));
    everySplitIsWhole(Tokenizer.open(TestFolders.shared("vocab/20B_tokenizer.json")));
  }

  private static void everySplitIsWhole(Tokenizer tokenizer) {
    for (int seed = 0; seed < 400; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(12); i >= 0; i--) {
        text.append(CHARACTERS[random.nextInt(CHARACTERS.length)]);
      }
      byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
      assertThat(shown(tokenizer, tokenizer.encode(bytes))).isEqualTo(text.toString());
      for (int cut = 0; cut <= bytes.length; cut++) { // as a client's pieces may cut it
        int[] left = tokenizer.encode(Arrays.copyOf(bytes, cut));
        int[] right = tokenizer.encode(Arrays.copyOfRange(bytes, cut, bytes.length));
        assertThat(shown(tokenizer, left, right)).isEqualTo(text.toString());
      }
    }
  }

  private static String shown(Tokenizer tokenizer, int[]... parts) {
    TextAssembler assembler = new TextAssembler(List.of());
    StringBuilder shown = new StringBuilder();
    for (int[] part : parts) {
      for (int token : part) {
        String piece = assembler.push(tokenizer.bytes(token));
        assertThat(piece).doesNotContain("\uFFFD");
        assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(piece)).isTrue();
        shown.append(piece);
      }
    }
    return shown.append(assembler.flush()).toString();
  }
}
