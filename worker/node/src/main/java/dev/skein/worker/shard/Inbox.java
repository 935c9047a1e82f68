package dev.skein.worker.shard;

import dev.skein.proto.BadRecordException;
import dev.skein.proto.DecodedRequest;
import dev.skein.proto.EventFormat;
import dev.skein.proto.Request;
import dev.skein.proto.RequestCodec;
import dev.skein.proto.SessionId;
import dev.skein.proto.Shards;
import dev.skein.proto.UnfinishedTurn;
import dev.skein.proto.Wire;
import org.jspecify.annotations.Nullable;

/**
 * Reads records of the shard's partition: whose session is it, does it belong here, what does it
 * ask. A record's session is its key, or without a key its {@code session} field, or without both
 * an ephemeral one whose id derives from partition and offset.
 */
final class Inbox {

  /** What a record turned out to be. */
  sealed interface Reading {}

  /** A request of this shard. */
  record Asked(RequestRecord request) implements Reading {}

  /** A record whose session lives in another partition. */
  record Misplaced(int partition) implements Reading {}

  /** A record that nobody can run; {@code session} is null if it names none. */
  record Unreadable(
      String code, String message, @Nullable String session, String requestId, boolean json)
      implements Reading {}

  private final int shard;
  private final int shards;

  Inbox(int shard, int shards) {
    this.shard = shard;
    this.shards = shards;
  }

  /** Whether this shard is the home of a session. */
  boolean isHome(String session) {
    return Shards.of(session, shards) == shard;
  }

  /** The request of a turn that was stored in its middle: read before, so it is readable. */
  RequestRecord again(UnfinishedTurn turn) {
    byte[] key = turn.getKey().isEmpty() ? null : turn.getKey().toByteArray();
    RawRecord raw =
        new RawRecord(
            turn.getRequestOffset(),
            key,
            turn.getRequest().toByteArray(),
            turn.getHeadersMap(),
            turn.getLogTimeMs());
    if (read(raw) instanceof Asked asked) {
      return asked.request();
    }
    throw new IllegalStateException("the stored request of a turn cannot be read any more");
  }

  Reading read(RawRecord raw) {
    String named = "";
    try {
      byte[] key = raw.key();
      named = key == null || key.length == 0 ? "" : checked(SessionId.ofKey(key));
      byte[] value = raw.value();
      if (value == null) {
        throw new BadRecordException(BadRecordException.UNREADABLE, "The record has no value.");
      }
      DecodedRequest decoded = RequestCodec.decode(value, raw.headers().get(Wire.CONTENT_TYPE));
      return reading(raw, named, decoded);
    } catch (BadRecordException e) {
      String session = named.isEmpty() ? e.session() : named;
      boolean home = !session.isEmpty() && Shards.of(session, shards) == shard;
      String requestId = e.requestId().isEmpty() ? shard + "-" + raw.offset() : e.requestId();
      return new Unreadable(
          e.code(), String.valueOf(e.getMessage()), home ? session : null, requestId, e.json());
    }
  }

  private Reading reading(RawRecord raw, String key, DecodedRequest decoded)
      throws BadRecordException {
    Request request = decoded.request();
    String origin = raw.headers().get(Wire.ORIGIN);
    String position = origin == null ? shard + "-" + raw.offset() : origin.replace('/', '-');
    String named = key.isEmpty() ? request.getSession() : key;
    boolean ephemeral = named.isEmpty() || request.getEphemeral();
    String session = named.isEmpty() ? "~" + position : checked(named);
    if (!named.isEmpty() && Shards.of(session, shards) != shard) {
      return new Misplaced(Shards.of(session, shards));
    }
    String requestId = request.getRequestId().isEmpty() ? position : request.getRequestId();
    boolean json =
        request.getEventFormat() == EventFormat.EVENT_FORMAT_JSON
            || (decoded.json() && request.getEventFormat() != EventFormat.EVENT_FORMAT_PROTOBUF);
    return new Asked(
        new RequestRecord(
            raw.offset(),
            session,
            requestId,
            request,
            ephemeral,
            json,
            raw.headers().get(Wire.PUSH),
            raw.logTimeMs(),
            raw));
  }

  private static String checked(String session) throws BadRecordException {
    if (session.startsWith("~")) {
      throw new BadRecordException(
          BadRecordException.INVALID_REQUEST, "session", "A session id must not begin with '~'.");
    }
    return SessionId.check(session);
  }
}
