package dev.skein.router.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.router.delivery.StreamEvent.StreamFailure;
import java.util.ArrayList;
import java.util.List;

/** A client that keeps what it is told, as far as it has room. */
final class KeptEvents implements StreamSink {
  final List<StreamEvent> events = new ArrayList<>();
  private final int capacity;
  boolean completed;
  boolean aborted;

  KeptEvents(int capacity) {
    this.capacity = capacity;
  }

  String failure() {
    assertThat(events).isNotEmpty();
    assertThat(events.getLast()).isInstanceOf(StreamFailure.class);
    return ((StreamFailure) events.getLast()).code();
  }

  @Override
  public boolean offer(StreamEvent event) {
    return events.size() < capacity && events.add(event);
  }

  @Override
  public int room() {
    return capacity - events.size();
  }

  @Override
  public boolean isClosed() {
    return completed || aborted;
  }

  @Override
  public void complete() {
    completed = true;
  }

  @Override
  public void abort() {
    aborted = true;
  }
}
