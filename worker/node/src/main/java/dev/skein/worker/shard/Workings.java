package dev.skein.worker.shard;

import dev.skein.engine.Generation;
import dev.skein.worker.recovery.Isolation;
import dev.skein.worker.recovery.ShownAnswers;
import dev.skein.worker.recovery.Witness;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What the parts of one shard share under one epoch.
 *
 * @param witnesses what earlier owners left, by (session, request id); taken out as turns begin
 * @param shownAnswers what earlier owners answered without being done with it
 * @param effects takes what is to be done
 */
record Workings(
    int epoch,
    Map<String, Witness> witnesses,
    ShownAnswers shownAnswers,
    Isolation isolation,
    ServedModels models,
    ShardLimits limits,
    ShardCounts counts,
    SessionTable sessions,
    Consumer<Effect> effects) {

  /** Hands a turn to the engine. */
  void run(String session, Turn turn) {
    for (Generation generation : turn.branches().takeUnsent()) {
      effects.accept(new Effect.Run(session, turn.number(), turn.model().name(), generation));
    }
  }

  /** Asks the engine to end a turn. */
  void cancel(String session, Turn turn) {
    for (Generation generation : turn.branches().running()) {
      effects.accept(new Effect.Cancel(session, turn.number(), turn.model().name(), generation));
    }
  }

  /** Asks the engine for a turn's middle. */
  void capture(String session, Turn turn, int afterTokens) {
    effects.accept(
        new Effect.Capture(
            session, turn.number(), turn.model().name(), turn.generation(), afterTokens));
  }
}
