package dev.skein.worker.owner;

import dev.skein.proto.TokenEvent;

/** Carries acknowledged events to the router that waits for them: fast, and without any promise. */
@FunctionalInterface
public interface EventPush {

  /**
   * Sends an event; any thread, returns at once.
   *
   * @param router what the request's header said
   */
  void push(String router, TokenEvent event);
}
