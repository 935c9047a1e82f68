package dev.skein.store;

import dev.skein.proto.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * A manifest that an owner wrote and has not committed, null if it deleted it; its offset is known
 * when the commit begins.
 */
final class Uncommitted implements PublishListener {
  private final @Nullable Manifest manifest;
  private volatile long offset = -1;

  Uncommitted(@Nullable Manifest manifest) {
    this.manifest = manifest;
  }

  @Nullable Manifest manifest() {
    return manifest;
  }

  long offset() {
    return offset;
  }

  @Override
  public void acknowledged(long offset) {
    this.offset = offset;
  }

  @Override
  public void failed(StoreException failure) {}
}
