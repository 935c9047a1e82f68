package dev.skein.store;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Shards;
import dev.skein.proto.Transcript;
import dev.skein.proto.TurnRef;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks back over transcripts, from a turn to the one that it went on from, and gathers their ids.
 * A record counts only if the hash chain in it is the one that the later turn knows: what an owner
 * wrote whose transaction failed lies in the log too.
 */
final class PastReader {

  /** Between a turn's lower bound and its record lies what was written at the same time. */
  private static final int RECORDS_MAX = 100_000;

  private static final int IDS_MAX = 1 << 20;

  /** Reads the log of transcripts. */
  interface Source {

    /** The first record of a partition at or above an offset, null if the log ends before one. */
    @Nullable LogRecord next(int partition, long from) throws StoreException;

    /**
     * Where the newest record with a key lies, if that is known; else -1. Offsets that were noted
     * for other topics lead nowhere.
     */
    default long find(int partition, byte[] key) throws StoreException {
      return -1;
    }
  }

  private final int shards;
  private final Source source;

  PastReader(int shards, Source source) {
    this.shards = shards;
    this.source = source;
  }

  Past read(TurnRef from, int turn, List<Long> stops)
      throws StoreException, SnapshotUnavailableException {
    TurnRef at = from;
    while (at.getTurn() != turn) {
      Transcript record = transcript(at);
      if (!record.hasParent() || at.getTurn() < turn) {
        throw new SnapshotUnavailableException(
            "Turn %d is none of those that led to turn %d of session %s."
                .formatted(turn, from.getTurn(), from.getSession()));
      }
      at = record.getParent();
    }
    TurnRef end = at;
    long stop =
        stops.stream().filter(s -> s <= end.getTokensRead()).mapToLong(s -> s).max().orElse(0);
    return new Past(end, stop, ids(end, stop));
  }

  private int[] ids(TurnRef end, long stop) throws StoreException, SnapshotUnavailableException {
    if (end.getTokensRead() - stop > IDS_MAX) {
      throw new SnapshotUnavailableException(
          "Session %s would have to read %d ids again, more than %d."
              .formatted(end.getSession(), end.getTokensRead() - stop, IDS_MAX));
    }
    int[] ids = new int[(int) (end.getTokensRead() - stop)];
    int open = ids.length;
    TurnRef at = end;
    while (open > 0) {
      Transcript record = transcript(at);
      int drawn = record.getDrawnCount();
      for (int i = drawn + record.getPromptCount() - 1; i >= 0 && open > 0; i--) {
        int prompt = record.getPromptCount();
        ids[--open] = i < prompt ? record.getPrompt(i) : record.getDrawn(i - prompt);
      }
      if (open > 0 && !record.hasParent()) {
        throw new SnapshotUnavailableException(
            "The transcripts of session %s do not reach its beginning.".formatted(at.getSession()));
      }
      at = record.getParent();
    }
    return ids;
  }

  private Transcript transcript(TurnRef ref) throws StoreException, SnapshotUnavailableException {
    int partition = Shards.of(ref.getSession(), shards);
    byte[] key = LogShardStore.transcriptKey(ref.getSession(), ref.getTurn());
    long known = source.find(partition, key);
    LogRecord newest = known < 0 ? null : source.next(partition, known);
    Transcript right = newest == null ? null : matching(newest, key, ref);
    if (right != null) {
      return right;
    }
    long at = ref.getTranscriptFrom();
    for (int i = 0; i < RECORDS_MAX && at >= 0; i++) {
      LogRecord found = source.next(partition, at);
      if (found == null) {
        break;
      }
      Transcript record = matching(found, key, ref);
      if (record != null) {
        return record;
      }
      at = found.offset() + 1;
    }
    throw new SnapshotUnavailableException(
        "The transcript of turn %d of session %s is gone, or was never written."
            .formatted(ref.getTurn(), ref.getSession()));
  }

  private static @Nullable Transcript matching(LogRecord found, byte[] key, TurnRef ref) {
    byte[] value = found.value();
    Transcript record = value != null && found.hasKey(key) ? parsed(value) : null;
    return record != null && record.getChain().equals(ref.getChain()) ? record : null;
  }

  private static @Nullable Transcript parsed(byte[] value) {
    try {
      return Transcript.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }
}
