package dev.skein.router.delivery;

import dev.skein.router.delivery.StreamEvent.StreamFailure;

/** The way to the bus. Its calls return at once; outcomes come on another thread. */
public interface TurnPublisher {
  /**
   * Writes the turn's request.
   *
   * @param pushAddress where the session's owner shall push the turn's events
   */
  void publish(Turn turn, String pushAddress, Outcome outcome);

  /**
   * Asks the owner of a session to end a turn early. A hint: it may be lost, and its effect is the
   * turn's end event.
   *
   * @param session the session as its events name it, or "" if none was seen yet
   * @param partition the partition that the request was written to, or -1 if the session alone
   *     decides
   * @param pushAddress of this router: the turn goes on if another was asked for it since; "": it
   *     ends, whoever waits for it
   */
  void cancel(String session, String requestId, int partition, String pushAddress);

  /**
   * Says that a client waits here for a turn that was asked for before: another router, which it
   * left, must not end it. A hint like a cancel.
   */
  void await(Turn turn, String pushAddress);

  /** What became of a publication. Exactly one of the two is called, once. */
  interface Outcome {
    void published(int partition);

    void failed(StreamFailure failure);
  }
}
