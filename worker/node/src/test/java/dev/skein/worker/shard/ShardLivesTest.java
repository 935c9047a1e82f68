package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.TokenEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Whatever dies when: committed readers see every index of every turn once and in order, every
 * reader sees the tokens of the life in which nothing died, and nothing that was shown is taken
 * back.
 */
class ShardLivesTest {

  private static final int LIVES = 1_000;

  @Test
  void everyLifeTellsTheSameStory() throws Exception {
    List<RawRecord> requests = requests();
    Map<String, String> undisturbed = story(live(requests, 0, 0));
    assertThat(undisturbed).hasSizeGreaterThan(20);
    int deaths = 0;
    for (long seed = 1; seed <= LIVES; seed++) {
      Life life = live(requests, seed, 0.01);
      deaths += life.deaths();
      assertThat(story(life)).as("life of seed %d", seed).isEqualTo(undisturbed);
      nothingTakenBack(life, undisturbed, seed);
    }
    assertThat(deaths).isGreaterThan(LIVES);
  }

  private static Life live(List<RawRecord> requests, long seed, double deathRate) throws Exception {
    Life life = new Life(requests, seed, deathRate, seed % 2 == 0 ? 10 : 200);
    life.live();
    return life;
  }

  private static List<RawRecord> requests() {
    List<RawRecord> requests = new ArrayList<>();
    long offset = 3;
    for (int round = 0; round < 4; round++) {
      for (String session : List.of("ann", "bob", "cyd", "")) {
        requests.add(
            Life.request(
                offset,
                session,
                "{\"messages\":[{\"role\":\"user\",\"content\":\"%s %d\"}],\"max_tokens\":%d}"
                    .formatted(session, round, 3 + 5 * round)));
        offset += 1 + round % 2;
      }
    }
    requests.add(Life.request(offset++, "ann", "{\"prompt\": 12}"));
    requests.add(Life.request(offset++, "ann", "{\"prompt\":\"x\",\"model\":\"nobody\"}"));
    requests.add(
        Life.request(
            offset++, "bob", "{\"prompt\":\"once\",\"max_tokens\":9,\"request_id\":\"r\"}"));
    requests.add(
        Life.request(
            offset++, "bob", "{\"prompt\":\"once\",\"max_tokens\":9,\"request_id\":\"r\"}"));
    requests.add(Life.request(offset, "cyd", "{\"prompt\":\"y\",\"max_tokens\":4}"));
    return requests;
  }

  /**
   * What a committed reader makes of the log, request by request; fails on a gap or a repetition.
   */
  private static Map<String, String> story(Life life) throws Exception {
    Map<String, StringBuilder> told = new HashMap<>();
    Map<String, Integer> nextIndex = new HashMap<>();
    for (TokenEvent event : life.committed()) {
      String key = event.getSession() + " " + event.getRequestId() + " turn " + event.getTurn();
      StringBuilder text = told.computeIfAbsent(key, k -> new StringBuilder());
      switch (event.getEventCase()) {
        case TOKEN -> {
          int index = nextIndex.merge(key, 1, Integer::sum) - 1;
          assertThat(event.getIndex()).as(key).isEqualTo(index);
          assertThat(text.toString()).as(key).doesNotContain("end");
          text.append(event.getToken().getId()).append(' ');
        }
        case END -> {
          assertThat(text.toString()).as(key).doesNotContain("end");
          text.append("end ").append(event.getEnd().getFinishReason());
        }
        default -> {}
      }
    }
    Map<String, String> story = new HashMap<>();
    told.forEach((key, text) -> story.put(key, text.toString()));
    return story;
  }

  private static void nothingTakenBack(Life life, Map<String, String> undisturbed, long seed)
      throws Exception {
    for (TokenEvent event : life.shown()) {
      if (event.hasToken()) {
        String key = event.getSession() + " " + event.getRequestId() + " turn " + event.getTurn();
        String[] tokens = undisturbed.getOrDefault(key, "").split(" ");
        assertThat(tokens[event.getIndex()])
            .as("seed %d, %s index %d", seed, key, event.getIndex())
            .isEqualTo(String.valueOf(event.getToken().getId()));
      }
    }
  }
}
