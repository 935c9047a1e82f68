package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.skein.engine.SessionState;

/** A state as the field of a snapshot, and back. Both share the memory: it is immutable. */
public final class StateBytes {

  private StateBytes() {}

  /** The stored form of a state. */
  static ByteString of(SessionState state) {
    return UnsafeByteOperations.unsafeWrap(state.stored());
  }

  /** The state in its stored form. */
  public static SessionState read(ByteString bytes) {
    return SessionState.reading(bytes.asReadOnlyByteBuffer());
  }
}
