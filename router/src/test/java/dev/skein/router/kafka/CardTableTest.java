package dev.skein.router.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.ModelCard;
import dev.skein.proto.Topics;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CardTableTest {
  private final CardTable table = new CardTable(List.of("b", "a"));

  private static ModelCard card(String pool, String name, int shards) {
    return ModelCard.newBuilder().setPool(pool).setName(name).setShards(shards).build();
  }

  private void announce(String pool, String name) {
    table.put(new Topics(pool).cardKey(name), card(pool, name, 4));
  }

  private static @Nullable String poolOf(@Nullable ModelCard card) {
    return card == null ? null : card.getPool();
  }

  @Test
  void everyPoolsModelsAreKnownAndNoOthers() {
    announce("a", "x");
    announce("b", "y");
    announce("main", "z");
    assertThat(table.models().keySet()).containsExactly("x", "y");
    assertThat(table.of("a").keySet()).containsExactly("x");
    assertThat(table.of("main")).isEmpty();
    table.put("a/x", null);
    assertThat(table.find("x")).isNull();
  }

  @Test
  void theFirstPoolsModelIsTheDefaultEvenIfAnothersIsKnownBefore() {
    announce("a", "x");
    assertThat(table.defaultModel("b")).isNull();
    announce("b", "z");
    announce("b", "y");
    assertThat(Objects.requireNonNull(table.defaultModel("b")).getName()).isEqualTo("y");
  }

  @Test
  void ofTwoOfOneNameTheFirstPoolHasIt() {
    announce("a", "twin");
    assertThat(poolOf(table.find("twin"))).isEqualTo("a");
    announce("b", "twin");
    assertThat(poolOf(table.find("twin"))).isEqualTo("b");
    announce("a", "twin");
    assertThat(poolOf(table.find("twin"))).isEqualTo("b");
    assertThat(poolOf(table.of("a").get("twin"))).isEqualTo("a");
    table.put("b/twin", null);
    assertThat(poolOf(table.find("twin"))).isEqualTo("a");
  }

  @Test
  void aCardUnderAnEarlierKeyGivesWayToANewerOne() {
    table.put("x", card("a", "x", 4));
    table.put("a/x", card("a", "x", 8));
    assertThat(Objects.requireNonNull(table.find("x")).getShards()).isEqualTo(8);
    table.put("x", card("main", "x", 2));
    assertThat(Objects.requireNonNull(table.find("x")).getShards()).isEqualTo(8);
    table.put("x", card("a", "x", 16));
    assertThat(Objects.requireNonNull(table.find("x")).getShards())
        .as("an older worker, started again")
        .isEqualTo(16);
  }
}
