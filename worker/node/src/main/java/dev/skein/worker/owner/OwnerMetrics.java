package dev.skein.worker.owner;

import dev.skein.store.ShardStore.Acquired;
import dev.skein.worker.shard.ShardCounts;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the owners of a pool's shards here report, summed over them. */
public final class OwnerMetrics {

  private static final Logger LOG = LoggerFactory.getLogger(OwnerMetrics.class);

  /** What a shard holds at a time. */
  private record Load(int running, int waiting) {}

  private final Map<Integer, Load> loads = new ConcurrentHashMap<>();
  private final Map<String, Counter> counters = new ConcurrentHashMap<>();
  private final MeterRegistry registry;
  private final Tags pool;
  private final Timer stateLoad;
  private final Timer acquisition;

  /** Registers the meters of a pool. */
  public OwnerMetrics(MeterRegistry registry, String pool) {
    this.registry = registry;
    this.pool = Tags.of("pool", pool);
    stateLoad = registry.timer("skein_state_load", this.pool);
    acquisition = registry.timer("skein_shard_acquisition", this.pool);
    registry.gauge("skein_shards_owned", this.pool, loads, Map::size);
    registry.gauge(
        "skein_checkpoint_bytes_per_token", this.pool, this, OwnerMetrics::bytesPerToken);
    registry.gauge(
        "skein_turns_running",
        this.pool,
        loads,
        all -> all.values().stream().mapToInt(Load::running).sum());
    registry.gauge(
        "skein_turns_waiting",
        this.pool,
        loads,
        all -> all.values().stream().mapToInt(Load::waiting).sum());
  }

  /** What storing states costs for each token that was drawn. */
  private double bytesPerToken() {
    double tokens = counter("skein_worker_generation_tokens").count();
    return tokens == 0 ? 0 : counter("skein_checkpoint_bytes").count() / tokens;
  }

  private Counter counter(String name) {
    return counters.computeIfAbsent(name, known -> registry.counter(known, pool));
  }

  void acquired(int shard, Acquired acquired, long nanoseconds) {
    loads.put(shard, new Load(0, 0));
    count("skein_shard_acquisitions", 1);
    acquisition.record(nanoseconds, TimeUnit.NANOSECONDS);
    if (!acquired.released()) {
      count("skein_shard_takeovers", 1);
    }
    LOG.info(
        "shard {} {} in epoch {} within {} ms, with {} events of its tail",
        shard,
        acquired.released() ? "acquired" : "taken over",
        acquired.epoch(),
        nanoseconds / 1_000_000,
        acquired.tail().size());
  }

  void released(int shard, long nanoseconds) {
    LOG.info("shard {} given back within {} ms", shard, nanoseconds / 1_000_000);
  }

  void gone(int shard) {
    loads.remove(shard);
  }

  void fenced() {
    count("skein_fenced", 1);
  }

  void loaded(long nanoseconds) {
    stateLoad.record(nanoseconds, TimeUnit.NANOSECONDS);
  }

  void recordsMissing(int shard, long wanted, long found) {
    LOG.error(
        "shard {}: requests from offset {} to {} were deleted before they were read",
        shard,
        wanted,
        found - 1);
    count("skein_requests_lost", found - wanted);
  }

  void progress(
      int shard, ShardCounts.Reading before, ShardCounts.Reading now, int running, int waiting) {
    loads.put(shard, new Load(running, waiting));
    if (now.equals(before)) {
      return;
    }
    count("skein_requests", before, now, ShardCounts.Reading::requests);
    count("skein_turns", before, now, ShardCounts.Reading::turns);
    count("skein_repeated_requests", before, now, ShardCounts.Reading::repeats);
    count("skein_records_rerouted", before, now, ShardCounts.Reading::rerouted);
    count("skein_dead_letters", before, now, ShardCounts.Reading::deadLetters);
    count("skein_worker_prompt_tokens", before, now, ShardCounts.Reading::promptTokens);
    count("skein_worker_generation_tokens", before, now, ShardCounts.Reading::generatedTokens);
    count("skein_replay_tokens", before, now, ShardCounts.Reading::replayTokens);
    count("skein_checkpoints", before, now, ShardCounts.Reading::checkpoints);
    count("skein_checkpoint_bytes", before, now, ShardCounts.Reading::checkpointBytes);
    count("skein_replay_checks", before, now, ShardCounts.Reading::replayChecks);
    count("skein_replay_mismatches", before, now, ShardCounts.Reading::replayMismatches);
    count("skein_turns_quarantined", before, now, ShardCounts.Reading::quarantined);
    count("skein_sessions_expired", before, now, ShardCounts.Reading::expired);
  }

  private void count(
      String name,
      ShardCounts.Reading before,
      ShardCounts.Reading now,
      ToLongFunction<ShardCounts.Reading> part) {
    count(name, part.applyAsLong(now) - part.applyAsLong(before));
  }

  private void count(String name, long more) {
    counter(name).increment((double) more);
  }
}
