package dev.skein.worker.owner;

import dev.skein.store.PublishListener;
import dev.skein.store.StoreException;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** Tells where a record lies, or why it does not. */
record Acknowledged(LongConsumer at, Consumer<StoreException> onFailure)
    implements PublishListener {

  @Override
  public void acknowledged(long offset) {
    at.accept(offset);
  }

  @Override
  public void failed(StoreException failure) {
    onFailure.accept(failure);
  }
}
