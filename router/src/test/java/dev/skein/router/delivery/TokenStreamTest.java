package dev.skein.router.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import dev.skein.router.delivery.StreamEvent.Indexed;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import dev.skein.router.delivery.TokenStream.GapException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenStreamTest {
  @Test
  void letsEachIndexThroughOnceAndInOrderWhateverTheOrderOfArrival() throws Exception {
    for (long seed = 0; seed < 200; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int choices = 1 + random.nextInt(3);
      int tokens = random.nextInt(30);
      List<Indexed> arrivals = new ArrayList<>();
      for (int copy = 0; copy < 3; copy++) {
        for (int choice = 0; choice < choices; choice++) {
          for (int index = 0; index < tokens; index++) {
            arrivals.add(piece(choice, index));
          }
          arrivals.add(end(choice, tokens));
        }
      }
      Collections.shuffle(arrivals, random);
      TokenStream stream = new TokenStream(choices, 100);
      List<Indexed> shown = new ArrayList<>();
      for (Indexed arrival : arrivals) {
        shown.addAll(stream.accept(arrival));
      }
      for (int choice = 0; choice < choices; choice++) {
        int wanted = choice;
        assertThat(shown.stream().filter(e -> e.choice() == wanted).map(Indexed::index))
            .as("seed %d", seed)
            .containsExactlyElementsOf(IntStream.rangeClosed(0, tokens).boxed().toList());
      }
      assertThat(stream.complete()).isTrue();
      assertThat(stream.early()).isZero();
    }
  }

  @Test
  void holdsBackOnlySoManyEventsForAGap() throws Exception {
    TokenStream stream = new TokenStream(1, 3);
    for (int index = 1; index <= 3; index++) {
      assertThat(stream.accept(piece(0, index))).isEmpty();
      assertThat(stream.accept(piece(0, index))).isEmpty();
    }
    assertThat(stream.early()).isEqualTo(3);
    assertThatThrownBy(() -> stream.accept(piece(0, 4)))
        .isInstanceOf(GapException.class)
        .hasMessageContaining("index 0");
  }

  @Test
  void showsNothingAfterTheEndAndNothingOfChoicesThatWereNotAskedFor() throws Exception {
    TokenStream stream = new TokenStream(1, 3);
    assertThat(stream.accept(piece(1, 0))).isEmpty();
    assertThat(stream.accept(end(0, 0))).hasSize(1);
    assertThat(stream.complete()).isTrue();
    assertThat(stream.accept(piece(0, 1))).isEmpty();
  }

  static TokenPiece piece(int choice, int index) {
    return new TokenPiece(0, choice, index, index, " " + index, null, List.of(), -1);
  }

  static ChoiceEnd end(int choice, int index) {
    return new ChoiceEnd(0, choice, index, "stop", "", 1, index, 0, List.of(), -1);
  }
}
