package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A reply does not depend on how busy the engine was. */
@ExtendWith(SharedUp.class)
class ManyChatsTest {
  private static final int CHATS = 32;
  private static final List<String> ANIMALS =
      List.of("fox", "bear", "goose", "cat", "dog", "frog", "mouse", "owl");

  @Test
  void thirtyTwoAtOnceEqualEachAlone(UpProcess up) throws Exception {
    try (Api api = new Api(up);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Api.Answer>> together =
          IntStream.range(0, CHATS)
              .mapToObj(i -> threads.submit(() -> api.stream(chat(i))))
              .toList();
      List<Api.Answer> answers = new ArrayList<>();
      for (Future<Api.Answer> answer : together) {
        answers.add(answer.get());
      }
      for (int i = 0; i < CHATS; i++) {
        assertThat(answers.get(i).text()).as("chat %d", i).isEqualTo(api.ask(chat(i))).isNotBlank();
        assertThat(answers.get(i).pieces()).as("pieces of chat %d", i).isGreaterThan(1);
      }
      assertThat(answers.stream().map(Api.Answer::text).distinct().count())
          .as("different seeds and animals, different stories")
          .isGreaterThan(CHATS / 2);
    }
  }

  private static ObjectNode chat(int i) {
    return Api.chat(
        "Tell me a story about a " + ANIMALS.get(i % ANIMALS.size()) + ".", 100 + i, 80);
  }
}
