package dev.skein.cli.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SuggestionsTest {
  private static final List<CatalogueEntry> ENTRIES =
      Catalogue.standard().entries().stream().filter(e -> e.name().startsWith("g1:")).toList();

  @Test
  void theLargestThatFitsAndIsFastEnoughIsRecommended() {
    assertThat(best(32e9, 400e9)).isEqualTo("g1:13.3b");
    assertThat(best(32e9, 20e9)).as("memory is slow").isEqualTo("g1:1.5b");
    assertThat(best(3e9, 400e9)).as("memory is small").isEqualTo("g1:1.5b");
    assertThat(best(0.9e9, 400e9)).isEqualTo("g1:0.1b");
    assertThat(best(32e9, 1e6)).as("nothing is fast: the fastest").isEqualTo("g1:0.1b");
    assertThat(best(0.2e9, 400e9)).isEqualTo("nothing");
  }

  @Test
  void speedFollowsTheBandwidthAndTheBytesThatAreRead() {
    List<Suggestions.Row> rows = Suggestions.of(ENTRIES, new Machine(1L << 40, 2, 10e9)).rows();
    assertThat(rows).hasSize(6);
    Suggestions.Row row = rows.get(1);
    assertThat(row.tokensPerSecond())
        .isEqualTo(Suggestions.SHARE * 10e9 / (row.entry().parameters() - row.entry().embedding()));
    assertThat(row.needs()).isBetween(800_000_000L, 900_000_000L);
  }

  @Test
  void aRealMachineHasMemoryThatCanBeRead() {
    assertThat(Machine.availableMemory()).isGreaterThan(100L << 20);
    assertThat(Machine.measureBandwidth(2)).isBetween(1e8, 1e13);
  }

  private static String best(double memory, double bandwidth) {
    return Suggestions.of(ENTRIES, new Machine((long) memory, 8, bandwidth))
        .best()
        .map(row -> row.entry().name())
        .orElse("nothing");
  }
}
