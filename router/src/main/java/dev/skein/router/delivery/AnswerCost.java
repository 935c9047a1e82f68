package dev.skein.router.delivery;

import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Tokens that one answer has read and generated, as far as its events have come. Any thread. */
final class AnswerCost {
  private final AtomicLong prompt = new AtomicLong();
  private final LongAdder generated = new LongAdder();

  /** The prompt is read once, however many choices there are. */
  void add(StreamEvent event) {
    if (event instanceof TokenPiece) {
      generated.increment();
    } else if (event instanceof ChoiceEnd end) {
      prompt.accumulateAndGet(end.promptTokens(), Math::max);
    }
  }

  long tokens() {
    return prompt.get() + generated.sum();
  }
}
