package dev.skein.store;

import dev.skein.proto.BadRecordException;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Tenure;
import dev.skein.proto.TokenEventCodec;
import dev.skein.proto.Topics;
import dev.skein.store.ShardStore.Acquired;
import dev.skein.store.ShardStore.StoredEvent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The readings and checks of {@link ShardStore#acquire}, in the order in which they are made. */
record Takeover(Topics topics, int shard, int shards, ShardLog log) {

  /** Before anything is fenced: a process that was told wrongly must not stop a healthy owner. */
  void checkTopics() throws StoreException {
    for (String topic :
        List.of(
            topics.requests(),
            topics.tokens(),
            topics.states(),
            topics.manifests(),
            topics.deadLetters())) {
      int partitions = log.partitions(topic);
      if (partitions != shards) {
        throw new StoreException(
            "Topic "
                + topic
                + " has "
                + partitions
                + " partitions, but this process was told that pool "
                + topics.pool()
                + " has "
                + shards
                + " shards.");
      }
    }
  }

  /** Catches up with the committed end of the manifests. */
  @Nullable ShardRecord readManifests(KnownManifests known) throws StoreException {
    known.reached(log.scan(topics.manifests(), known.next(), true, known::read));
    return known.record(shard);
  }

  private void checkPartitions(@Nullable ShardRecord before) throws StoreException {
    if (before != null && before.getPartitions() != shards) {
      throw new StoreException(
          "Pool "
              + topics.pool()
              + " was made with "
              + before.getPartitions()
              + " shards (says the record of shard "
              + shard
              + "), but its topics have "
              + shards
              + " partitions now: its sessions would be looked for in the wrong shards.");
    }
  }

  /**
   * The shard was left to this heir, and its epoch is committed. An owner that does not know of
   * heirs may have come between and have kept the field: the rest of the record tells.
   */
  static boolean isLeftTo(@Nullable ShardRecord before, Heir me) {
    return before != null
        && me.isKnown()
        && before.getHeir().equals(me.id())
        && before.getOwner().equals(me.address())
        && before.getTenure() == Tenure.TENURE_RELEASED;
  }

  /** The last record of an owner, under the epoch of its heir. */
  static ShardRecord leftTo(Heir heir, ShardRecord last) {
    return last.toBuilder()
        .setEpoch(last.getEpoch() + 1)
        .setOwner(heir.address())
        .setHeir(heir.id())
        .build();
  }

  /** The record of an owner that is to be asked before the shard is taken from it. */
  static boolean isOwned(@Nullable ShardRecord now) {
    return now != null && (now.getTenure() == Tenure.TENURE_RUNNING || !now.getHeir().isEmpty());
  }

  ShardRecord successor(@Nullable ShardRecord before, Heir me) throws StoreException {
    checkPartitions(before);
    if (before != null && isLeftTo(before, me)) {
      return before.toBuilder().setTenure(Tenure.TENURE_RUNNING).clearHeir().build();
    }
    String id = log.id();
    ShardRecord base = ShardRecord.newBuilder().setLog(id).build();
    if (before != null) {
      boolean isCopied = !before.getLog().isEmpty() && !before.getLog().equals(id);
      base = isCopied ? new CopiedLog(topics, shard, log).resumed(before, id) : before;
    }
    return base.toBuilder()
        .setEpoch(base.getEpoch() + 1)
        .setOwner(me.address())
        .setPartitions(shards)
        .setTenure(Tenure.TENURE_RUNNING)
        .clearHeir()
        .build();
  }

  /**
   * With what earlier owners left in {@code tokens}, and how much of it committed readers see: the
   * log is frozen by now, so both readings are of one thing.
   */
  Acquired withTail(@Nullable ShardRecord before, ShardRecord now) throws StoreException {
    OpenEvents open = new OpenEvents(now);
    List<LogRecord> found = new ArrayList<>();
    boolean isCopied = now.getCopiedEpoch() == now.getEpoch();
    ShardLog.Visitor visitor = isCopied ? open : found::add;
    long end = log.scan(topics.tokens(), now.getTokensFrom(), false, visitor);
    found.addAll(open.kept());
    Set<Long> committed = new HashSet<>();
    if (!found.isEmpty()) {
      long from = found.getFirst().offset();
      log.scan(topics.tokens(), from, true, record -> committed.add(record.offset()));
    }
    List<StoredEvent> tail = new ArrayList<>();
    int unreadable = 0;
    for (LogRecord record : found) {
      StoredEvent event = event(record, committed.contains(record.offset()));
      if (event == null) {
        unreadable++;
      } else {
        tail.add(event);
      }
    }
    boolean released = before == null || isGivenBack(before, tail);
    return new Acquired(now.getEpoch(), now, before == null, released, tail, end, unreadable);
  }

  /** An heir that has written and committed nothing has left its traces in the tail. */
  private static boolean isGivenBack(ShardRecord before, List<StoredEvent> tail) {
    return before.getTenure() == Tenure.TENURE_RELEASED
        && (before.getHeir().isEmpty()
            || tail.stream().noneMatch(stored -> stored.event().getEpoch() == before.getEpoch()));
  }

  private static @Nullable StoredEvent event(LogRecord record, boolean committed) {
    try {
      byte[] value = record.value();
      return value == null
          ? null
          : new StoredEvent(
              record.offset(),
              TokenEventCodec.decode(value),
              TokenEventCodec.isJson(value),
              committed);
    } catch (BadRecordException e) {
      return null;
    }
  }
}
