package dev.skein.router.delivery;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The answers of one pool that are under way: one for each turn, and any number that look on. */
final class LiveStreams {
  private final Map<StreamKey, LiveStream> live = new HashMap<>();
  private final Map<StreamKey, List<LiveStream>> onlookers = new HashMap<>();
  private final StreamCount count;
  private int looking;

  LiveStreams(StreamCount count) {
    this.count = count;
  }

  /** Whether the router has as many answers under way as it may. */
  boolean isFull() {
    return count.isFull();
  }

  /** The answer to a turn's own client. */
  @Nullable LiveStream get(StreamKey key) {
    return live.get(key);
  }

  /** Those who look at a turn. */
  List<LiveStream> onlookers(StreamKey key) {
    List<LiveStream> all = onlookers.get(key);
    return all == null ? List.of() : List.copyOf(all);
  }

  /** A turn's own answer is added where there is none. */
  void add(LiveStream stream) {
    StreamKey key = stream.turn().key();
    count.begun();
    if (stream.turn().looksOn()) {
      onlookers.computeIfAbsent(key, none -> new ArrayList<>(1)).add(stream);
      looking++;
    } else {
      live.put(key, stream);
    }
  }

  boolean holds(LiveStream stream) {
    StreamKey key = stream.turn().key();
    return stream.turn().looksOn()
        ? onlookers.getOrDefault(key, List.of()).contains(stream)
        : live.get(key) == stream;
  }

  /** Whether it was there. */
  boolean remove(LiveStream stream) {
    StreamKey key = stream.turn().key();
    boolean was = stream.turn().looksOn() ? removeOnlooker(key, stream) : live.remove(key, stream);
    if (was) {
      count.ended();
    }
    return was;
  }

  private boolean removeOnlooker(StreamKey key, LiveStream stream) {
    List<LiveStream> all = onlookers.get(key);
    boolean was = all != null && all.remove(stream);
    if (was) {
      looking--;
    }
    if (all != null && all.isEmpty()) {
      onlookers.remove(key);
    }
    return was;
  }

  int size() {
    return live.size() + looking;
  }

  List<LiveStream> all() {
    List<LiveStream> all = new ArrayList<>(live.values());
    onlookers.values().forEach(all::addAll);
    return all;
  }
}
