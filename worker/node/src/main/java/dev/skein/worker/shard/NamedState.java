package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import dev.skein.engine.SessionState;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A state that a session may begin with instead of the model's initial one.
 *
 * @param name the name that requests use
 * @param state what a session begins with
 * @param digest SHA-256 of the state's bytes: under one name there may be another state one day
 */
public record NamedState(String name, SessionState state, ByteString digest) {

  /** The state of that name. */
  public static NamedState of(String name, SessionState state) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(state.stored());
      return new NamedState(name, state, ByteString.copyFrom(digest.digest()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
