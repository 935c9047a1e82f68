package dev.skein.store;

import java.util.ArrayList;
import java.util.List;

/**
 * Looks for the place in a log behind a few records that are known: the last one where they lie in
 * their order. Where retention has deleted some of them, the rest begin the log.
 */
final class PlaceSearch implements ShardLog.Visitor {
  private final List<Long> known;
  private final List<Long> last = new ArrayList<>();
  private long visited;
  private long first = -1;
  private long offset = -1;
  private int matched;
  private long visitedThere;

  /**
   * @param known fingerprints of the records before the place
   */
  PlaceSearch(List<Long> known) {
    this.known = known;
  }

  @Override
  public void visit(LogRecord record) {
    visited++;
    first = first < 0 ? record.offset() : first;
    last.add(RecordPrint.of(record.key(), record.value()));
    if (last.size() > known.size()) {
      last.removeFirst();
    }
    boolean isWhole = last.size() == known.size();
    boolean isStart = last.size() == visited && matched < known.size();
    if (!last.isEmpty() && (isWhole || isStart) && isTail()) {
      offset = record.offset() + 1;
      matched = last.size();
      visitedThere = visited;
    }
  }

  private boolean isTail() {
    return known.subList(known.size() - last.size(), known.size()).equals(last);
  }

  /** Where the place is, in a log that ends there. */
  long offset(long end) {
    if (offset >= 0) {
      return offset;
    }
    return first < 0 ? end : first;
  }

  /** No record lies behind the place. */
  boolean isEnd() {
    return visitedThere == visited;
  }

  /** Some of the known records were found, or there are none. */
  boolean isSure() {
    return matched > 0 || known.isEmpty();
  }
}
