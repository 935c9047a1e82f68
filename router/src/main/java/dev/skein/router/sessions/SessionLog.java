package dev.skein.router.sessions;

import com.google.protobuf.ByteString;
import dev.skein.proto.Manifest;
import dev.skein.proto.Request;
import dev.skein.proto.StateFile;
import dev.skein.proto.Transcript;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The bus, as far as it tells of sessions. Its stages fail with {@link UnavailableException} where
 * Kafka does not answer in time.
 */
public interface SessionLog {
  /** The table as it is, however far it was read. */
  SessionTable table();

  /** The table when everything was read that was written before this call. */
  CompletionStage<SessionTable> current();

  /**
   * Done when {@link #manifest} knows everything that was written before this call: with the table,
   * or sooner, with the log alone, while the table is being read for the first time.
   */
  CompletionStage<SessionTable> known();

  /**
   * The table as soon as it fulfils a wish, or, some seconds later, as it is then.
   *
   * @param wish about the table; called often
   */
  CompletionStage<SessionTable> until(BooleanSupplier wish);

  /**
   * The newest manifest of a session, null if there is none. It is read where the row or the table
   * says, or searched for in the whole shard while the table is being read for the first time.
   */
  CompletionStage<@Nullable Manifest> manifest(String name, @Nullable SessionRow row);

  /** The line of a session that its newest manifest makes, whatever the table says. */
  SessionRow row(String name, Manifest manifest);

  /**
   * The bytes of the newest snapshot that a manifest names, checked against keys and digest; empty
   * if it names none. Fails with {@link SnapshotGoneException} where they are gone: a newer
   * manifest then names others.
   */
  CompletionStage<ByteString> snapshot(String name, Manifest manifest);

  /**
   * What was said in a session, newest first, from its head back.
   *
   * @param readable what the names of sessions begin with that may be read: a fork begins in
   *     another session
   */
  CompletionStage<Turns> turns(Manifest manifest, String readable, TurnRange range);

  /**
   * A request of a session, null if the log does not hold it any more.
   *
   * @param number the offset in the partition of the session's shard that it was written to first
   */
  CompletionStage<@Nullable Request> request(String name, String id, long number);

  /**
   * Puts a file where the owner of a session reads it from.
   *
   * @param requestId of the request that will name it
   */
  CompletionStage<StateFile> upload(String name, String requestId, byte[] file);

  /**
   * Which turns are wanted.
   *
   * @param below only those with lower numbers; null: from the head on
   * @param limit how many at most
   */
  record TurnRange(@Nullable Integer below, int limit) {}

  /**
   * Turns, newest first.
   *
   * @param more whether there are older ones
   * @param whole whether every turn between was found; false where transcripts are switched off or
   *     deleted
   */
  record Turns(List<Transcript> turns, boolean more, boolean whole) {}

  /** Kafka did not answer, or too much waits for its answers. */
  final class UnavailableException extends Exception {
    public UnavailableException(String message) {
      super(message);
    }
  }

  /** A snapshot's chunks were overwritten or compacted away while they were read. */
  final class SnapshotGoneException extends Exception {
    public SnapshotGoneException(String message) {
      super(message);
    }
  }
}
