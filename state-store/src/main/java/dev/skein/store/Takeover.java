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

  ShardRecord successor(@Nullable ShardRecord before, String owner) throws StoreException {
    checkPartitions(before);
    ShardRecord base = before == null ? ShardRecord.getDefaultInstance() : before;
    return base.toBuilder()
        .setEpoch(base.getEpoch() + 1)
        .setOwner(owner)
        .setPartitions(shards)
        .setTenure(Tenure.TENURE_RUNNING)
        .build();
  }

  Acquired withTail(@Nullable ShardRecord before, ShardRecord now) throws StoreException {
    List<StoredEvent> tail = new ArrayList<>();
    int[] unreadable = new int[1];
    Set<Long> committed = new HashSet<>();
    log.scan(topics.tokens(), now.getTokensFrom(), true, found -> committed.add(found.offset()));
    long end =
        log.scan(
            topics.tokens(),
            now.getTokensFrom(),
            false,
            found -> {
              byte[] value = found.value();
              try {
                if (value == null) {
                  unreadable[0]++;
                } else {
                  tail.add(
                      new StoredEvent(
                          found.offset(),
                          TokenEventCodec.decode(value),
                          TokenEventCodec.isJson(value),
                          committed.contains(found.offset())));
                }
              } catch (BadRecordException e) {
                unreadable[0]++;
              }
            });
    boolean released = before == null || before.getTenure() == Tenure.TENURE_RELEASED;
    return new Acquired(now.getEpoch(), now, before == null, released, tail, end, unreadable[0]);
  }
}
