package dev.skein.store;

/**
 * Told once what became of a published event. Called on the store's own thread (or, after an
 * earlier failure, on the caller's): it must return at once and must not call the store.
 */
public interface PublishListener {

  /** Nobody wants to know. */
  PublishListener NOBODY =
      new PublishListener() {
        @Override
        public void acknowledged(long offset) {}

        @Override
        public void failed(StoreException failure) {}
      };

  /**
   * The event is in the log, at this offset of the shard's partition of {@code tokens}: it may be
   * shown now.
   */
  void acknowledged(long offset);

  /**
   * The event is not in the log, or nobody knows: it must not be shown, and the store is of no use
   * any more.
   */
  void failed(StoreException failure);
}
