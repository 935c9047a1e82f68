package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.client.ChatRequest;
import dev.skein.client.SessionTurn;
import dev.skein.client.SkeinClient;
import dev.skein.client.SkeinException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code --on-upgrade fresh}: a session that meets other weights remembers nothing, goes on from
 * there, and nobody gets it back behind that.
 */
class FreshStartTest {
  private static final String STORY = "Tell me a story about a fox.";
  private static final String QUESTION = "What was its name?";

  @TempDir Path folder;

  private UpProcess start(Path model) {
    return UpProcess.start(
        folder.resolve("data"), "--model", "skein-demo-9m=" + model, "--on-upgrade", "fresh");
  }

  /** Greedy, since what is drawn depends on the number of the turn. */
  private static String ask(SkeinClient skein, String session, String words) throws Exception {
    return skein
        .send(ChatRequest.of(words).session(session).temperature(0).seed(3).maxTokens(40))
        .text();
  }

  private static List<Long> told(SkeinClient skein, String session) throws Exception {
    return skein.sessions().transcript(session, 100).stream().map(SessionTurn::turn).toList();
  }

  private static void assertNoWayBack(SkeinClient skein, long turn) {
    assertThatThrownBy(() -> skein.sessions().rewind("ann", turn))
        .isInstanceOfSatisfying(
            SkeinException.class, e -> assertThat(e.code()).isEqualTo("turn_not_found"))
        .hasMessageContaining("began anew with turn 2");
  }

  private static SkeinClient client(UpProcess up) {
    return SkeinClient.of(URI.create(up.api()));
  }

  @Test
  void aSessionThatMeetsOtherWeightsBeginsAnew() throws Exception {
    try (UpProcess up = start(ChangedModel.ORIGINAL);
        SkeinClient skein = client(up)) {
      assertThat(ask(skein, "ann", STORY)).contains("fox");
      ask(skein, "ann", QUESTION);
    }
    Path changed = ChangedModel.into(folder.resolve("changed"));
    try (UpProcess up = start(changed);
        SkeinClient skein = client(up)) {
      assertThat(ask(skein, "ann", QUESTION)).isEqualTo(ask(skein, "new", QUESTION));
      assertThat(skein.sessions().show("ann").tokensRead())
          .isEqualTo(skein.sessions().show("new").tokensRead());
      assertNoWayBack(skein, 0);
      assertNoWayBack(skein, 1);
      assertThat(told(skein, "ann")).containsExactly(0L, 1L, 2L);
      assertThat(ask(skein, "ann", STORY)).isEqualTo(ask(skein, "new", STORY));
    }
    try (UpProcess up = start(changed);
        SkeinClient skein = client(up)) {
      assertThat(told(skein, "ann")).containsExactly(0L, 1L, 2L, 3L);
      assertThat(ask(skein, "ann", QUESTION)).isEqualTo(ask(skein, "new", QUESTION));
      assertNoWayBack(skein, 1);
      assertThat(skein.sessions().rewind("ann", 2).nextTurn()).isEqualTo(5);
      skein.sessions().rewind("new", 0);
      assertThat(ask(skein, "ann", STORY)).isEqualTo(ask(skein, "new", STORY));
      assertThat(told(skein, "ann")).containsExactly(0L, 1L, 2L, 5L);
    }
  }
}
