package dev.skein.router.http;

import dev.skein.router.admission.Caller;
import dev.skein.router.delivery.Deliveries;
import dev.skein.router.delivery.Deliveries.Delivery;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import dev.skein.router.delivery.Turn;
import java.util.List;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The turns of one call as one answer: the choices of the second prompt are counted on from those
 * of the first, as the API does.
 */
final class TurnGroup {
  private TurnGroup() {}

  /** The number of choices of all turns together. */
  static int choices(List<Turn> turns) {
    return turns.stream().mapToInt(Turn::choices).sum();
  }

  /**
   * The events of all turns as they come; it ends when all have ended, or with the first failure.
   */
  static Source<StreamEvent, Delivery> deliver(
      Deliveries deliveries, List<Turn> turns, Caller caller) {
    if (turns.size() == 1) {
      return deliveries.deliver(turns.getFirst(), caller);
    }
    Source<StreamEvent, Delivery> all = deliveries.deliver(turns.getFirst(), caller);
    int before = turns.getFirst().choices();
    for (Turn turn : turns.subList(1, turns.size())) {
      int offset = before;
      Source<StreamEvent, Delivery> next =
          deliveries.deliver(turn, caller).map(event -> counted(event, offset));
      all = all.mergeMat(next, TurnGroup::both);
      before += turn.choices();
    }
    return all.takeWhile(event -> !(event instanceof StreamFailure), true);
  }

  private static Delivery both(Delivery first, Delivery second) {
    return () -> {
      first.abandon();
      second.abandon();
    };
  }

  private static StreamEvent counted(StreamEvent event, int offset) {
    return switch (event) {
      case TokenPiece piece -> piece.withChoice(piece.choice() + offset);
      case ChoiceEnd end -> end.withChoice(end.choice() + offset);
      case StreamFailure failure -> failure;
      case StreamEvent.Notice notice -> notice;
    };
  }
}
