package dev.skein.router.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.ChatMessage;
import dev.skein.proto.Request;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Conversations stay together, others are apart, and what everybody asks for is spread. */
class AffinityTest {
  private static final int SHARDS = 16;
  private static final Destination TO = new Destination("main", "m", SHARDS);

  private static Request chat(String... messages) {
    Request.Builder request = Request.newBuilder();
    for (int i = 0; i < messages.length; i += 2) {
      request.addMessages(
          ChatMessage.newBuilder().setRole(messages[i]).setContent(messages[i + 1]));
    }
    return request.build();
  }

  private static int shard(Request request, String id) {
    Request named = request.toBuilder().setRequestId(id).build();
    return new Turn(named, TO).beginningWith(Affinity.beginning(named, null)).shard(SHARDS);
  }

  @Test
  void aConversationGoesWhereItWent() {
    Request first = chat("system", "Be brief.", "user", "Hello");
    Request then =
        chat("system", "Be brief.", "user", "Hello", "assistant", "Hi!", "user", "Go on.");
    assertThat(shard(then, "b")).isEqualTo(shard(first, "a"));
    Request text = Request.newBuilder().setPrompt("x".repeat(600)).build();
    Request longer = Request.newBuilder().setPrompt("x".repeat(700)).build();
    assertThat(shard(longer, "d")).isEqualTo(shard(text, "c"));
  }

  @Test
  void othersGoElsewhere() {
    Set<Integer> shards = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      shards.add(shard(chat("system", "Be brief.", "user", "Hello " + i), "a"));
    }
    assertThat(shards).hasSize(SHARDS);
    assertThat(Affinity.beginning(chat("user", "a"), "k"))
        .isEqualTo(Affinity.beginning(chat("user", "b"), "k"))
        .isNotEqualTo(Affinity.beginning(chat("user", "a"), null));
  }

  @Test
  void aTurnInASessionGoesToItsShard() {
    Request of = chat("user", "a").toBuilder().setSession("s").setRequestId("1").build();
    assertThat(new Turn(of, TO).beginningWith("anything").shard(SHARDS))
        .isEqualTo(new Turn(of, TO).shard(SHARDS));
  }

  @Test
  void whatManyAskForAtOnceIsSpreadAndFoundAgain() {
    AtomicLong now = new AtomicLong();
    Affinity affinity = new Affinity(now::get);
    Request same = chat("user", "Hello");
    String beginning = Affinity.beginning(same, null);
    Set<Integer> shards = new HashSet<>();
    for (int i = 0; i < 10 * Affinity.LANE_REQUESTS; i++) {
      String id = affinity.laned(beginning, "id" + i);
      assertThat(id).startsWith("id" + i);
      shards.add(shard(same, id));
    }
    assertThat(shards).hasSizeGreaterThan(4);
    now.addAndGet(2_000_000_000L);
    assertThat(affinity.laned(beginning, "later")).isEqualTo("later");
  }
}
