package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.skein.engine.SessionState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The one codec between a state in memory and the bytes of a snapshot: float32, little endian. */
public final class StateBytes {

  private StateBytes() {}

  /** The stored form of a state. */
  static ByteString of(SessionState state) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(state.bytes())).order(ByteOrder.LITTLE_ENDIAN);
    state.writeTo(bytes);
    return UnsafeByteOperations.unsafeWrap(bytes.flip());
  }

  /** The state in its stored form. */
  public static SessionState read(ByteString bytes) {
    return SessionState.fromBytes(bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN));
  }
}
