package dev.skein.worker.owner;

import dev.skein.proto.TokenEvent;

/** Carries acknowledged events to the router that waits for them: fast, and without any promise. */
@FunctionalInterface
public interface EventPush {

  /**
   * Sends an event; any thread, returns at once.
   *
   * @param router what the request's header said
   * @param shard whose partition of {@code tokens} holds the event
   * @param offset where it lies there; -1 if that is not known
   */
  void push(String router, TokenEvent event, int shard, long offset);
}
