package dev.skein.worker.shard;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;

/**
 * The records that wait for one session; a shared counter knows how many wait in the whole shard.
 */
final class WaitingLine implements Iterable<RequestRecord> {

  /** How many records wait in all lines of a shard. */
  static final class Total {
    private int count;

    int count() {
      return count;
    }
  }

  private final ArrayDeque<RequestRecord> records = new ArrayDeque<>();
  private final Total total;

  WaitingLine(Total total) {
    this.total = total;
  }

  void add(RequestRecord record) {
    records.add(record);
    total.count++;
  }

  /** Puts a record before all others, where it came from. */
  void putBack(RequestRecord record) {
    records.addFirst(record);
    total.count++;
  }

  RequestRecord peek() {
    return records.element();
  }

  RequestRecord remove() {
    total.count--;
    return records.remove();
  }

  void remove(RequestRecord record) {
    if (records.remove(record)) {
      total.count--;
    }
  }

  boolean contains(RequestRecord record) {
    return records.contains(record);
  }

  boolean hasOf(Predicate<RequestRecord> kind) {
    return records.stream().anyMatch(kind);
  }

  List<RequestRecord> allOf(Predicate<RequestRecord> kind) {
    return records.stream().filter(kind).toList();
  }

  boolean isEmpty() {
    return records.isEmpty();
  }

  int size() {
    return records.size();
  }

  @Override
  public Iterator<RequestRecord> iterator() {
    return records.iterator();
  }
}
