package dev.skein.cli.catalogue;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a machine can run, as int8. A token reads every weight but the embedding table once, so one
 * session is as fast as the memory: speed = {@link #SHARE} · bandwidth / bytes a token. The memory
 * that a model needs is that of its weights, a tenth more while it loads, and {@link #OVERHEAD} for
 * the process.
 *
 * @param rows of all models that were looked at, in the order of the catalogue
 */
public record Suggestions(List<Row> rows) {
  /** The part of the measured bandwidth that a decoding step reaches. */
  static final double SHARE = 0.6;

  /** Bytes of a process without weights. */
  static final long OVERHEAD = 250 << 20;

  /** Tokens a second below which nobody likes to read along. */
  static final double READING = 5;

  private static final double MEMORY_PART = 0.9;

  /**
   * A model on a machine.
   *
   * @param needs bytes of memory
   * @param fits whether they are there
   * @param tokensPerSecond of one session, estimated
   */
  public record Row(CatalogueEntry entry, long needs, boolean fits, double tokensPerSecond) {}

  /** Looks at models. */
  public static Suggestions of(List<CatalogueEntry> entries, Machine machine) {
    return new Suggestions(entries.stream().map(entry -> row(entry, machine)).toList());
  }

  private static Row row(CatalogueEntry entry, Machine machine) {
    long needs = entry.memoryInt8() + entry.memoryInt8() / 10 + OVERHEAD;
    double speed = SHARE * machine.bandwidth() / entry.bytesPerToken();
    return new Row(entry, needs, needs <= MEMORY_PART * machine.memory(), speed);
  }

  /**
   * The largest that fits and keeps up with a reader; if none does, the smallest that fits; empty
   * if nothing fits.
   */
  public Optional<Row> best() {
    List<Row> fitting = rows.stream().filter(Row::fits).toList();
    Comparator<Row> bySize = Comparator.comparingLong(row -> row.entry().parameters());
    Optional<Row> comfortable =
        fitting.stream().filter(row -> row.tokensPerSecond() >= READING).max(bySize);
    return comfortable.isPresent() ? comfortable : fitting.stream().min(bySize);
  }
}
