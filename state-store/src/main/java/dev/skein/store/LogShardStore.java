package dev.skein.store;

import static dev.skein.store.PublishListener.NOBODY;

import dev.skein.proto.Manifest;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.StateFile;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.TokenEventCodec;
import dev.skein.proto.Topics;
import dev.skein.proto.Transcript;
import dev.skein.proto.TurnRef;
import dev.skein.proto.Wire;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A shard's store on any {@link ShardLog}: one meaning, whether the log is Kafka or memory. */
public class LogShardStore implements ShardStore {

  private final Topics topics;
  private final int shard;
  private final int shards;
  private final ShardLog log;
  private final StoredStates stored;
  private final ChunkQueue chunks;
  private final Supplier<KnownManifests> known;
  private final ReadAhead ahead = new ReadAhead();
  private final Map<String, Uncommitted> uncommitted = new HashMap<>();
  private final AtomicReference<@Nullable StoreException> failure = new AtomicReference<>();
  private @Nullable CommittedManifests committed;
  private @Nullable KnownManifests read;
  private @Nullable ShardRecord record;
  private @Nullable ShardRecord written;

  /**
   * A store that touches nothing before {@link #acquire}.
   *
   * @param log used by this store alone, and closed with it
   */
  protected LogShardStore(Topics topics, int shard, int shards, ShardLog log) {
    this(topics, shard, shards, log, KnownManifests::new, null);
  }

  /**
   * The same, with what this process knows already.
   *
   * @param known what was read of the manifests; asked once
   * @param cache of snapshots; null for none
   */
  protected LogShardStore(
      Topics topics,
      int shard,
      int shards,
      ShardLog log,
      Supplier<KnownManifests> known,
      @Nullable StateCache cache) {
    if (shard < 0 || shard >= shards) {
      throw new IllegalArgumentException("Shard " + shard + " is not one of " + shards + ".");
    }
    this.topics = topics;
    this.shard = shard;
    this.shards = shards;
    this.log = log;
    this.known = known;
    this.stored = new StoredStates(topics, log, this::guarded, ahead, cache);
    this.chunks = new ChunkQueue(log, topics.states(), this::fail);
  }

  @Override
  public String prepare() throws StoreException {
    return guarded(() -> {
      Takeover takeover = new Takeover(topics, shard, shards, log);
      takeover.checkTopics();
      log.connect();
      ShardRecord now = takeover.readManifests(known());
      return now != null && Takeover.isOwned(now) ? now.getOwner() : "";
    });
  }

  @Override
  public void readAhead() throws StoreException {
    KnownManifests manifests = known();
    guarded(() -> {
      ShardRecord now = new Takeover(topics, shard, shards, log).readManifests(manifests);
      if (now != null) {
        stored.readAhead(now, shard, manifests.table());
      }
      return true;
    });
  }

  private KnownManifests known() {
    KnownManifests manifests = read == null ? known.get() : read;
    read = manifests;
    return manifests;
  }

  @Override
  public Acquired acquire(Heir me) throws StoreException {
    if (record != null) {
      throw new IllegalStateException(
          "Shard " + shard + " was acquired through this store before.");
    }
    return guarded(() -> {
      Takeover takeover = new Takeover(topics, shard, shards, log);
      takeover.checkTopics();
      log.fence();
      KnownManifests manifests = known();
      ShardRecord before = takeover.readManifests(manifests);
      ShardRecord now = takeover.successor(before, me);
      record = now;
      committed =
          new CommittedManifests(
              topics.manifests(), shard, log, manifests.table(), ahead, now.getCopiedEpoch());
      Beside<Acquired> found = Beside.begin(log.besides(), () -> takeover.withTail(before, now));
      store(now);
      if (!Takeover.isLeftTo(before, me)) {
        log.commit();
      }
      return found.get();
    });
  }

  @Override
  public @Nullable Manifest manifest(String session) throws StoreException {
    CommittedManifests known = committed();
    Uncommitted own = uncommitted.get(session);
    return guarded(() -> own == null ? known.find(session) : own.manifest());
  }

  @Override
  public void publish(TokenEvent event, boolean json, PublishListener done) {
    byte[] key = event.getSession().getBytes(StandardCharsets.UTF_8);
    append(topics.tokens(), key, TokenEventCodec.encode(event, json), Map.of(), done);
  }

  @Override
  public void store(Manifest manifest) {
    Uncommitted own = new Uncommitted(manifest);
    uncommitted.put(manifest.getSession(), own);
    byte[] key = manifest.getSession().getBytes(StandardCharsets.UTF_8);
    append(topics.manifests(), key, manifest.toByteArray(), Map.of(), own);
  }

  @Override
  public void dropManifest(String session) {
    Uncommitted own = new Uncommitted(null);
    uncommitted.put(session, own);
    append(topics.manifests(), session.getBytes(StandardCharsets.UTF_8), null, Map.of(), own);
  }

  @Override
  public void store(ShardRecord next) {
    ShardRecord mine = acquired();
    if (next.getEpoch() != mine.getEpoch()
        || next.getPartitions() != shards
        || !next.getOwner().equals(mine.getOwner())) {
      throw new IllegalArgumentException(
          "The shard record is of epoch "
              + next.getEpoch()
              + ", this ownership has epoch "
              + mine.getEpoch()
              + ".");
    }
    if (!Objects.equals(next, written)) {
      write(next);
    }
  }

  private void write(ShardRecord next) {
    written = next;
    byte[] key = Wire.SHARD_KEY.getBytes(StandardCharsets.UTF_8);
    append(topics.manifests(), key, next.toByteArray(), Map.of(), NOBODY);
  }

  @Override
  public void leave(ShardRecord last, Heir heir) {
    if (heir.isKnown()) {
      write(Takeover.leftTo(heir, last));
    } else {
      store(last);
    }
  }

  @Override
  public void store(String session, int slot, Snapshot snapshot, Consumer<Slot> done) {
    acquired();
    if (failure.get() == null) {
      SnapshotChunks cut = new SnapshotChunks(snapshot);
      chunks.add(
          session,
          slot,
          cut,
          made -> {
            stored.keep(made, snapshot, cut.bytes());
            done.accept(made);
          });
    }
  }

  @Override
  public void drop(String session, int slot, int chunks) {
    for (int chunk = 0; chunk < chunks; chunk++) {
      append(topics.states(), SnapshotChunks.key(session, slot, chunk), null, Map.of(), NOBODY);
    }
  }

  @Override
  public void store(Transcript transcript, PublishListener done) {
    byte[] key = transcriptKey(transcript.getSession(), transcript.getTurn());
    append(topics.transcripts(), key, transcript.toByteArray(), Map.of(), done);
  }

  @Override
  public void dropTranscripts(String session, int firstTurn, int nextTurn) {
    for (int turn = firstTurn; turn < nextTurn; turn++) {
      append(topics.transcripts(), transcriptKey(session, turn), null, Map.of(), NOBODY);
    }
  }

  static byte[] transcriptKey(String session, int turn) {
    return (session + "/" + turn).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void deadLetter(
      byte @Nullable [] key, byte @Nullable [] value, Map<String, String> reasonHeaders) {
    append(topics.deadLetters(), key, value, reasonHeaders, NOBODY);
  }

  private void append(
      String topic,
      byte @Nullable [] key,
      byte @Nullable [] value,
      Map<String, String> headers,
      PublishListener done) {
    acquired();
    StoreException known = failure.get();
    if (known != null) {
      done.failed(known);
    } else {
      log.append(topic, key, value, headers, new Remembering(done));
    }
  }

  @Override
  public boolean dirty() {
    return log.open();
  }

  @Override
  public void commit() throws StoreException {
    guarded(() -> {
      log.commit();
      return true;
    });
    ahead.forget();
    uncommitted.forEach((session, own) -> committed().committed(session, own.offset()));
    uncommitted.clear();
  }

  @Override
  public Snapshot load(int partition, String session, Slot slot)
      throws StoreException, SnapshotUnavailableException {
    return stored.snapshot(partition, session, slot, isCopied());
  }

  @Override
  public ExportedState load(StateFile file) throws StoreException, SnapshotUnavailableException {
    acquired();
    return stored.exported(file, shard);
  }

  @Override
  public Past past(TurnRef from, int turn, List<Long> stops)
      throws StoreException, SnapshotUnavailableException {
    return new PastReader(shards, stored.transcripts(isCopied())).read(from, turn, stops);
  }

  private boolean isCopied() {
    return acquired().getCopiedEpoch() > 0;
  }

  @Override
  public void rest() {
    log.rest();
  }

  @Override
  public @Nullable StoreException failure() {
    return failure.get();
  }

  @Override
  public void close() {
    fail(new StoreException("The store of shard " + shard + " was closed."));
    log.close();
  }

  private ShardRecord acquired() {
    if (record == null) {
      throw new IllegalStateException("Shard " + shard + " was not acquired.");
    }
    return record;
  }

  private CommittedManifests committed() {
    var _ = acquired();
    return Objects.requireNonNull(committed);
  }

  private void fail(StoreException first) {
    failure.compareAndSet(null, first);
  }

  /**
   * Crash-only: nothing is tried after the first failure, and a failure of anything is one of
   * everything.
   */
  private <T extends @Nullable Object> T guarded(Step<T> step) throws StoreException {
    StoreException known = failure.get();
    if (known != null) {
      throw new StoreException(String.valueOf(known.getMessage()), known);
    }
    try {
      T result = step.run();
      known = failure.get();
      if (known == null) {
        return result;
      }
      throw known;
    } catch (StoreException e) {
      fail(e);
      throw e;
    }
  }

  /** What can fail, and is then a failure of everything. */
  interface Step<T extends @Nullable Object> {
    T run() throws StoreException;
  }

  /** Remembers the failure before it tells of it. */
  private final class Remembering implements PublishListener {
    private final PublishListener done;

    Remembering(PublishListener done) {
      this.done = done;
    }

    @Override
    public void acknowledged(long offset) {
      done.acknowledged(offset);
    }

    @Override
    public void failed(StoreException first) {
      fail(first);
      done.failed(first);
    }
  }
}
