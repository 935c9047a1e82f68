package dev.skein.client;

import java.util.concurrent.Flow;

/** A streamed answer, asked for anew, or after an event, by each subscriber. */
final class AnswerStream implements Flow.Publisher<Piece> {
  private final Wire wire;
  private final ChatRequest request;
  private final String after;

  /**
   * @param after id of the event that it goes on after; empty for the whole answer
   */
  AnswerStream(Wire wire, ChatRequest request, String after) {
    this.wire = wire;
    this.request = request;
    this.after = after;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super Piece> subscriber) {
    AnswerReader reader = new AnswerReader(wire, request, after, subscriber);
    subscriber.onSubscribe(reader);
    reader.connect();
  }
}
