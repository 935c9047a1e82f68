package dev.skein.worker;

import dev.skein.proto.ModelCard;
import dev.skein.store.StateCache;
import dev.skein.store.StoreException;
import dev.skein.store.kafka.KafkaShardStore;
import dev.skein.store.kafka.ManifestTail;
import dev.skein.store.kafka.PoolTopics;
import dev.skein.store.kafka.ReaderPool;
import dev.skein.worker.cluster.ActorPush;
import dev.skein.worker.cluster.ShardHandOver;
import dev.skein.worker.cluster.ShardPlacement;
import dev.skein.worker.kafka.ModelAnnouncer;
import dev.skein.worker.kafka.RequestForwarder;
import dev.skein.worker.kafka.RequestLag;
import dev.skein.worker.kafka.RequestReader;
import dev.skein.worker.kafka.Sweep;
import dev.skein.worker.owner.OwnerMetrics;
import dev.skein.worker.owner.Replicas;
import dev.skein.worker.owner.ShardOwner;
import dev.skein.worker.owner.Surroundings;
import dev.skein.worker.shard.ShardLimits;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running worker of one pool: owns the shards that the cluster places here. Its engines and its
 * actor system belong to whoever started it, and may serve other pools' workers too.
 */
public final class Worker implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
  private static final Duration RELEASE = Duration.ofSeconds(20);

  private final WorkerOptions options;
  private final RequestReader reader;
  private final RequestForwarder forwarder;
  private final ReaderPool readers;
  private final ManifestTail manifests;
  private final Sweep sweep;
  private final RequestLag lag;
  private final @Nullable StateCache states;
  private final KafkaShardStore.Shared shared;
  private final Surroundings surroundings;
  private final ShardHandOver handOver;
  private final Set<ShardOwner> owners = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;

  private Worker(
      ActorSystem<?> system,
      WorkerOptions options,
      String topicId,
      Replicas replicas,
      MeterRegistry registry)
      throws StoreException {
    this.options = options;
    this.states = states(options, registry);
    this.reader = new RequestReader(options.topics(), options.kafka());
    this.lag = new RequestLag(options.topics(), options.kafka(), reader::reached, registry);
    this.forwarder = new RequestForwarder(options.topics(), options.kafka());
    this.handOver = ShardHandOver.start(system, options.topics().pool());
    this.surroundings =
        new Surroundings(
            system.address().toString(),
            options.shards(),
            replicas,
            ShardLimits.of(options.states().memoryBytes() / options.shards(), options.keeping()),
            reader,
            forwarder,
            new ActorPush(system),
            handOver,
            new OwnerMetrics(registry, options.topics().pool()),
            InstantSource.system(),
            () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
    this.readers = new ReaderPool(options.kafka());
    this.manifests = new ManifestTail(options.topics(), options.shards(), options.kafka());
    this.shared = new KafkaShardStore.Shared(options.kafka(), topicId, readers, manifests, states);
    this.sweep =
        new Sweep(
            options.topics(),
            options.kafka(),
            options.lifetimes(),
            () -> owners.stream().map(ShardOwner::shard).collect(Collectors.toSet()),
            forwarder,
            InstantSource.system());
  }

  private static @Nullable StateCache states(WorkerOptions options, MeterRegistry registry)
      throws StoreException {
    Path folder = options.states().folder();
    if (folder == null) {
      return null;
    }
    StateCache cache = StateCache.in(folder, options.states().folderBytes());
    Tags pool = Tags.of("pool", options.topics().pool());
    FunctionCounter.builder("skein_state_cache_hits", cache, StateCache::hits)
        .tags(pool)
        .register(registry);
    FunctionCounter.builder("skein_state_cache_misses", cache, StateCache::misses)
        .tags(pool)
        .register(registry);
    registry.gauge("skein_state_cache_bytes", pool, cache, StateCache::bytes);
    return cache;
  }

  /**
   * Makes or checks the pool's topics, announces the models and begins to own shards.
   *
   * @param models one replica each, the pool's default model first
   * @throws StoreException if Kafka is away, too old, or the pool has another number of shards
   */
  public static Worker start(
      ActorSystem<?> system, WorkerOptions options, List<Replica> models, MeterRegistry registry)
      throws StoreException {
    String topicId =
        PoolTopics.ensure(
            options.kafka(), options.topics(), options.shards(), options.replication());
    List<ModelCard> cards =
        models.stream().map(model -> ModelDescriptions.card(model, options)).toList();
    Replicas replicas = ModelDescriptions.replicas(models, options.topics().pool());
    Worker worker = new Worker(system, options, topicId, replicas, registry);
    ShardPlacement.start(
        system, options.topics().pool(), options.shards(), worker.handOver, worker::owner);
    ModelAnnouncer.announce(options.kafka(), cards);
    return worker;
  }

  private @Nullable ShardOwner owner(int shard, Consumer<@Nullable Throwable> onEnd) {
    if (closing) {
      return null;
    }
    ShardOwner owner =
        new ShardOwner(
            shard,
            surroundings,
            new KafkaShardStore(options.topics(), shard, options.shards(), shared),
            onEnd);
    owners.add(owner);
    owner.whenOver(() -> owners.remove(owner));
    return owner;
  }

  /** How many shards run here now. */
  public int shardsOwned() {
    return (int) owners.stream().filter(ShardOwner::isRunning).count();
  }

  /** True when every shard that was placed here runs; a spare worker has none. */
  public boolean settled() {
    return owners.stream().allMatch(ShardOwner::isRunning);
  }

  /** True when every shard that was placed here runs, and there is one at least. */
  public boolean ready() {
    return !owners.isEmpty() && owners.stream().allMatch(ShardOwner::isRunning);
  }

  /**
   * Gives every shard back: what was shown is committed, the next owner goes on at the exact token.
   */
  @Override
  public void close() {
    closing = true;
    List<ShardOwner> last = List.copyOf(owners);
    last.forEach(ShardOwner::release);
    for (ShardOwner owner : last) {
      if (!owner.awaitEnd(RELEASE)) {
        LOG.warn("a shard was not released in time; its next owner recovers it");
      }
    }
    reader.close();
    sweep.close();
    lag.close();
    manifests.close();
    readers.close();
    if (states != null) {
      states.close();
    }
    forwarder.close();
  }
}
