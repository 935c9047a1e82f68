package dev.skein.store;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.SipHash;
import dev.skein.proto.Wire;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What was read of a shard's {@code manifests} so far: where each session's newest one lies, and
 * the newest shard record. For one thread at a time.
 */
public final class KnownManifests {
  private static final byte[] SHARD_KEY = Wire.SHARD_KEY.getBytes(StandardCharsets.UTF_8);

  private final ManifestTable table;
  private byte @Nullable [] record;
  private long next;

  /** Nothing was read yet. */
  public KnownManifests() {
    this(new ManifestTable());
  }

  /**
   * The same.
   *
   * @param hash of session ids; its key is this process's secret
   */
  public KnownManifests(SipHash hash) {
    this(new ManifestTable(hash));
  }

  KnownManifests(ManifestTable table) {
    this.table = table;
  }

  /** Takes the next record of the log in. */
  public void read(LogRecord found) {
    byte[] key = found.key();
    if (found.hasKey(SHARD_KEY)) {
      record = found.value();
    } else if (key != null) {
      table.put(key, found.offset());
    }
    next = found.offset() + 1;
  }

  /** Everything below this offset was read. */
  public long next() {
    return next;
  }

  /** The log was read up to here, though no record may lie before it. */
  public void reached(long offset) {
    next = Math.max(next, offset);
  }

  ManifestTable table() {
    return table;
  }

  @Nullable ShardRecord record(int shard) throws StoreException {
    byte[] value = record;
    try {
      return value == null ? null : ShardRecord.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException("The record of shard " + shard + " cannot be read.", e);
    }
  }
}
