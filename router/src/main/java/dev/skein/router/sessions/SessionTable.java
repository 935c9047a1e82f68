package dev.skein.router.sessions;

import dev.skein.proto.Manifest;
import dev.skein.proto.OffsetTable;
import dev.skein.proto.RequestNumbers;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.SipHash;
import dev.skein.proto.Tenure;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The stored sessions of a pool, by name, and who owns their shards. At most so many: of those
 * beyond it is only known where their manifests lie, and a list says that it is not complete. One
 * thread writes, any reads.
 */
public final class SessionTable {
  /** About 50 MB. */
  public static final int ROWS_MAX = 250_000;

  /** In place of an offset. */
  private static final long GONE = Long.MAX_VALUE;

  private static final Stored NOTHING = new Stored(0, 0);

  private final ConcurrentNavigableMap<String, SessionRow> rows = new ConcurrentSkipListMap<>();
  private final Map<Integer, ShardOwner> owners = new ConcurrentHashMap<>();
  private final Map<Integer, RequestNumbers> copies = new ConcurrentHashMap<>();
  private final Map<String, Stored> byPrefix = new ConcurrentHashMap<>();
  private final Set<String> deleted = ConcurrentHashMap.newKeySet();
  private final Deque<String> deletedInOrder = new ArrayDeque<>();
  private final int rowsMax;

  /** Of sessions that found no room when they were read; guarded by itself. */
  private final OffsetTable beyond;

  private int size;
  private volatile boolean complete = true;

  /**
   * Who runs a shard.
   *
   * @param running whether the owner holds it, or gave it back in order
   */
  public record ShardOwner(String address, int epoch, boolean running) {}

  /**
   * A part of the list.
   *
   * @param more whether there are sessions behind it
   */
  public record Page(List<SessionRow> rows, boolean more) {}

  private record Stored(long sessions, long bytes) {
    Stored plus(long moreSessions, long moreBytes) {
      return new Stored(sessions + moreSessions, bytes + moreBytes);
    }
  }

  public SessionTable() {
    this(ROWS_MAX);
  }

  SessionTable(int rowsMax) {
    this.rowsMax = rowsMax;
    SecureRandom random = new SecureRandom();
    this.beyond = new OffsetTable(new SipHash(random.nextLong(), random.nextLong()));
  }

  /** The newest manifest of a session was read; null if the session's name was forgotten. */
  public void put(String name, @Nullable Manifest manifest, int partition, long offset) {
    boolean gone = manifest == null || manifest.getDeleted();
    SessionRow before = gone ? rows.remove(name) : rows.get(name);
    if (before != null) {
      count(name, -1, -before.storedBytes());
    }
    if (manifest != null) {
      remember(name, gone);
    }
    if (manifest == null || gone) {
      size -= before == null ? 0 : 1;
      if (!complete && offsetBeyond(name) >= 0) {
        putBeyond(name, GONE);
      }
      return;
    }
    if (before == null && size >= rowsMax) {
      putBeyond(name, offset);
      complete = false;
      return;
    }
    SessionRow row = SessionRow.of(name, manifest, partition, offset);
    rows.put(name, row);
    size += before == null ? 1 : 0;
    count(name, 1, row.storedBytes());
  }

  private void putBeyond(String name, long offset) {
    synchronized (beyond) {
      beyond.put(utf8(name), offset);
    }
  }

  /**
   * Where the manifest of a session lies that is not here for want of room, or that of one with the
   * same hash; -1 if there is none.
   */
  public long offsetBeyond(String name) {
    synchronized (beyond) {
      long offset = beyond.find(utf8(name));
      return offset == GONE ? -1 : offset;
    }
  }

  private static byte[] utf8(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }

  /** Names that were deleted last are kept as such. */
  private void remember(String name, boolean wasDeleted) {
    if (!wasDeleted) {
      deleted.remove(name);
    } else if (deleted.add(name)) {
      deletedInOrder.add(name);
    }
    if (deletedInOrder.size() > rowsMax) {
      deleted.remove(deletedInOrder.remove());
    }
  }

  private void count(String name, int sessions, long bytes) {
    byPrefix.merge(
        prefix(name), NOTHING.plus(sessions, bytes), (a, b) -> a.plus(b.sessions, b.bytes));
  }

  /** What a tenant's names begin with: {@code @tenant/}; empty for the names of no tenant. */
  private static String prefix(String name) {
    int slash = name.startsWith("@") ? name.indexOf('/') : -1;
    return name.substring(0, slash + 1);
  }

  /** A shard record was read. */
  public void put(int shard, ShardRecord record) {
    owners.put(
        shard,
        new ShardOwner(
            record.getOwner(), record.getEpoch(), record.getTenure() == Tenure.TENURE_RUNNING));
    if (record.getCopiedEpoch() > 0) {
      copies.put(shard, new RequestNumbers(record.getShiftsList()));
    } else {
      copies.remove(shard);
    }
  }

  /** The session of this name, or null if it is not here. */
  public @Nullable SessionRow find(String name) {
    return rows.get(name);
  }

  /** Whether a turn was deleted with its session, which may have begun anew. */
  public boolean wasDeleted(String name, int turn) {
    SessionRow row = rows.get(name);
    return row == null ? deleted.contains(name) : turn < row.firstTurn();
  }

  /** Who owns a shard, or null if nobody ever did. */
  public @Nullable ShardOwner owner(int shard) {
    return owners.get(shard);
  }

  /**
   * Where requests lie in a shard whose topics were copied, so that offsets which were noted before
   * are those of other topics; null for any other shard.
   */
  public @Nullable RequestNumbers copy(int shard) {
    return copies.get(shard);
  }

  /** Whether every stored session is in this table. */
  public boolean complete() {
    return complete;
  }

  /**
   * Sessions in the order of their names.
   *
   * @param prefix what their names begin with
   * @param after the name that the page before ended with; the prefix itself for the first one
   */
  public Page page(String prefix, String after, int limit) {
    List<SessionRow> page = new ArrayList<>();
    for (SessionRow row : rows.tailMap(after, false).values()) {
      if (!row.name().startsWith(prefix)) {
        break;
      }
      if (page.size() == limit) {
        return new Page(page, true);
      }
      page.add(row);
    }
    return new Page(page, false);
  }

  /** Whether there is a session of this name. */
  public boolean knows(String session) {
    return rows.containsKey(session) || (!complete && offsetBeyond(session) >= 0);
  }

  /** How many sessions have names of this prefix: {@code @tenant/}, or none. */
  public long sessions(String prefix) {
    return byPrefix.getOrDefault(prefix, NOTHING).sessions;
  }

  /** Bytes of what is stored of them. */
  public long stateBytes(String prefix) {
    return byPrefix.getOrDefault(prefix, NOTHING).bytes;
  }
}
