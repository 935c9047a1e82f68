package dev.skein.worker.owner;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.GenerationListener;
import dev.skein.engine.Midpoint;
import dev.skein.worker.shard.ShardEvent;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Hears the engine about one turn and tells the turn's owner, in the engine's order. */
final class TurnListener implements GenerationListener {

  private final String session;
  private final int turn;
  private final int choice;
  private final LongSupplier tokensEnd;
  private final Consumer<ShardEvent> owner;
  private final Runnable onEnd;

  /**
   * @param tokensEnd where the acknowledged log of tokens ends now
   * @param onEnd called before the owner is told the end
   */
  TurnListener(
      String session,
      int turn,
      int choice,
      LongSupplier tokensEnd,
      Consumer<ShardEvent> owner,
      Runnable onEnd) {
    this.session = session;
    this.turn = turn;
    this.choice = choice;
    this.tokensEnd = tokensEnd;
    this.owner = owner;
    this.onEnd = onEnd;
  }

  @Override
  public void onToken(DrawnToken token) {
    owner.accept(new ShardEvent.Drawn(session, turn, choice, token));
  }

  @Override
  public void onMidpoint(Midpoint midpoint) {
    owner.accept(new ShardEvent.Midway(session, turn, midpoint, tokensEnd.getAsLong()));
  }

  @Override
  public void onCompared(int index, boolean agrees) {
    owner.accept(new ShardEvent.Compared(session, turn, agrees));
  }

  @Override
  public void onEnd(GenerationEnd end) {
    onEnd.run();
    owner.accept(new ShardEvent.Ended(session, turn, choice, end));
  }
}
