package dev.skein.simulation;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Cancel;
import dev.skein.proto.Control;
import dev.skein.proto.Request;
import dev.skein.proto.Shards;
import dev.skein.proto.Topics;
import dev.skein.proto.Wire;
import dev.skein.store.Faults;
import dev.skein.store.InMemoryCluster;
import dev.skein.store.ShardStore;
import dev.skein.store.StoreException;
import dev.skein.worker.shard.RawRecord;
import dev.skein.worker.shard.ShardLimits;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everything around the shards of one life, in one thread from one seed: the log, the clock, the
 * clients, who owns what and what goes wrong. First trouble, then calm weather in which everything
 * must come to its end.
 */
final class World {

  private static final int SHARDS = 2;
  private static final int EVENTS_MAX = 6_000;
  private static final int CALM_EVENTS_MAX = 60_000;
  private static final int HOUR_MS = 3_600_000;

  private final SplittableRandom random;
  private final Scenario scenario;
  private final Mutation mutation;
  private final @Nullable Consumer<String> trace;
  private final InMemoryCluster cluster = new InMemoryCluster(new Topics("sim"), SHARDS);
  private final RequestTopic requests = new RequestTopic(SHARDS);
  private final RequestTopic controls = new RequestTopic(SHARDS);
  private final ArrayDeque<Runnable> acknowledgements = new ArrayDeque<>();
  private final List<SimulatedOwner> owners = new ArrayList<>();
  private final PlantedStore.Memory memory =
      new PlantedStore.Memory(new HashMap<>(), new HashMap<>());
  private final Workload workload;
  private final Promises promises;
  private final ShardLimits limits;
  private final Weights weights;
  private final double commitRate;
  private long clock = 10L * HOUR_MS;
  private long events;
  private int ownersMade;
  private final Troubles troubles;
  private final SimulatedSweep sweep;
  private final Heirs heirs = new Heirs(this);
  private int deaths;
  private boolean calm;

  World(long seed, Scenario scenario, Mutation mutation, @Nullable Consumer<String> trace) {
    this.random = new SplittableRandom(seed);
    this.scenario = scenario;
    this.mutation = mutation;
    this.trace = trace;
    this.commitRate = chance(0.3) ? 0.01 : 0.02 + 0.2 * random.nextDouble();
    this.weights = Weights.of(scenario, this::below);
    this.limits = DrawnLimits.of(this);
    this.workload = new Workload(this, cluster);
    this.promises = new Promises(this, cluster);
    this.troubles = new Troubles(this, cluster);
    this.sweep = new SimulatedSweep(this, Duration.ofMillis(500 + below(2_000)));
    cluster.acknowledgements(acknowledgements::add);
    cluster.faults(this::fault);
  }

  // ---- what owners and clients see of it

  int shards() {
    return SHARDS;
  }

  Scenario scenario() {
    return scenario;
  }

  Mutation mutation() {
    return mutation;
  }

  RequestTopic requests() {
    return requests;
  }

  RequestTopic controls() {
    return controls;
  }

  Weights weights() {
    return weights;
  }

  Promises promises() {
    return promises;
  }

  List<SimulatedOwner> owners() {
    return owners;
  }

  SimulatedSweep sweep() {
    return sweep;
  }

  Heirs heirs() {
    return heirs;
  }

  void died() {
    deaths++;
  }

  void jump(long ms) {
    say("the clock jumps");
    clock += ms;
  }

  Workload workload() {
    return workload;
  }

  ShardLimits limitsOf(@SuppressWarnings("unused") int shard) {
    return limits;
  }

  long nowMs() {
    return clock;
  }

  double commitRate() {
    return commitRate;
  }

  int engineSlots() {
    return 4;
  }

  int deaths() {
    return deaths;
  }

  long events() {
    return events;
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  void say(String format, Object... parts) {
    if (trace != null) {
      trace.accept("%6d  %s".formatted(events, format.formatted(parts)));
    }
  }

  ShardStore storeFor(int shard) {
    return mutation == Mutation.NONE
        ? cluster.open(shard)
        : new PlantedStore(cluster, shard, mutation, memory);
  }

  /** What was done and shown since the last commit may be what the next owner does not know. */
  boolean killsBeforeCommit(SimulatedOwner owner) {
    boolean kills = !calm && scenario.has(Scenario.EXPIRY) && chance(0.05);
    if (kills) {
      owner.die("killed before its commit");
    }
    return kills;
  }

  /** What an owner is to say once something is committed, its successor must say. */
  boolean killsAfterCommit(SimulatedOwner owner) {
    boolean kills = !calm && scenario.has(Scenario.OPERATIONS) && chance(0.04);
    if (kills) {
      owner.die("killed before it could act on its commit");
    }
    return kills;
  }

  ToyRun.Quirks quirksOf(SimulatedOwner owner) {
    int arithmetic = scenario.has(Scenario.ROLLING) ? owner.epoch() / 2 % 2 : 0;
    long shift = mutation == Mutation.ANOTHER_SEED && owner.epoch() > 1 ? 1 : 0;
    return new ToyRun.Quirks(
        owner.weights(), arithmetic, shift, mutation == Mutation.CANCEL_BELOW_WITNESS);
  }

  void request(int shard, byte @Nullable [] key, byte[] value, Map<String, String> headers) {
    RawRecord record = requests.append(shard, key, value, headers, clock);
    say(
        "request %d of shard %d: %s %s",
        record.offset(),
        shard,
        key == null ? "-" : new String(key, StandardCharsets.UTF_8),
        new String(value, StandardCharsets.UTF_8));
  }

  /** One owner tells another. */
  void tell(Request request) {
    byte[] key = request.getSession().getBytes(StandardCharsets.UTF_8);
    int to = Shards.of(request.getSession(), SHARDS);
    RawRecord record =
        requests.append(
            to, key, request.toByteArray(), Map.of(Wire.CONTENT_TYPE, Wire.PROTOBUF), clock);
    say(
        "record %d of shard %d: %s %s",
        record.offset(), to, request.getKind(), request.getSession());
  }

  void tell(Control control) {
    byte[] key = control.getSession().getBytes(StandardCharsets.UTF_8);
    int to = Shards.of(control.getSession(), SHARDS);
    controls.append(to, key, control.toByteArray(), Map.of(), clock);
    say("%s is told: %s", control.getSession(), control.getControlCase());
  }

  void forward(RawRecord raw, int from, int to) {
    Map<String, String> headers = new HashMap<>(raw.headers());
    if (mutation != Mutation.FORWARD_WITHOUT_DEDUPE) {
      headers.putIfAbsent(Wire.ORIGIN, from + "/" + raw.offset());
    }
    request(to, raw.key(), Objects.requireNonNull(raw.value()), headers);
  }

  /**
   * Somebody cancels.
   *
   * @param router whose client has left; "": the turn is to end, whoever waits for it
   */
  void cancel(int shard, String session, String requestId, String router) {
    String named = mutation == Mutation.CANCEL_NAMES_NO_ROUTER ? "" : router;
    Control control =
        Control.newBuilder()
            .setSession(session)
            .setRequestId(requestId)
            .setCancel(Cancel.newBuilder().setRouter(named))
            .build();
    byte[] key = session.getBytes(StandardCharsets.UTF_8);
    controls.append(shard, key, control.toByteArray(), Map.of(), clock);
    say("%s cancels %s", router.isEmpty() ? "a client" : router, requestId);
  }

  Control control(RawRecord record) {
    try {
      Control read = Control.parseFrom(Objects.requireNonNull(record.value()));
      return mutation == Mutation.USED_SESSION_EXPIRED && read.hasExpire()
          ? read.toBuilder()
              .setExpire(read.getExpire().toBuilder().setIdleSinceMs(Long.MAX_VALUE))
              .build()
          : read;
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  // ---- the life

  void live() {
    while (!(workload.isDone() && events > 600) && events < EVENTS_MAX) {
      events++;
      clock += below(20);
      troubles.strike();
      if (chance(0.04)) {
        workload.produce();
      }
      oneThing();
      promises.look();
    }
    calmDown();
    if (scenario.has(Scenario.EXPIRY)) {
      sweep.endEverything();
      promises.everythingWasOld();
    }
  }

  private void calmDown() {
    say("the weather turns calm");
    calm = true;
    while (!workload.isDone()) {
      workload.produce();
    }
    for (SimulatedOwner owner : List.copyOf(owners)) {
      if (owner.life() == SimulatedOwner.Life.ASLEEP) {
        owner.wake();
      }
    }
    comeToRest();
    promises.lookBack();
  }

  void comeToRest() {
    long patience = events + CALM_EVENTS_MAX;
    int idle = 0;
    while (idle < 200) {
      BrokenPromise.unless(events++ < patience, "liveness: the shards do not come to rest");
      clock += below(20);
      idle = oneThing() ? 0 : idle + 1;
      clock += idle > 0 ? 200 : 0;
      promises.look();
    }
  }

  /** Something moves on; false if nothing could. */
  private boolean oneThing() {
    int shard = below(SHARDS);
    List<SimulatedOwner> awake =
        owners.stream()
            .filter(o -> o.shardNumber() == shard && o.life() == SimulatedOwner.Life.AWAKE)
            .toList();
    if (awake.isEmpty()) {
      if (calm || chance(0.1)) {
        takeOver(shard);
      }
      return true;
    }
    if (!acknowledgements.isEmpty() && chance(0.5)) {
      acknowledgements.remove().run();
      return true;
    }
    SimulatedOwner owner = awake.get(below(awake.size()));
    try {
      StoreException failure = owner.failure();
      if (failure != null) {
        throw failure;
      }
      boolean moved = owner.step() || !acknowledgements.isEmpty();
      if (owner.life() == SimulatedOwner.Life.DEAD) {
        deaths++;
      }
      return moved;
    } catch (StoreException e) {
      deaths++;
      owner.die(String.valueOf(e.getMessage()));
      return true;
    } catch (BrokenPromise e) {
      throw e;
    } catch (RuntimeException e) {
      if (mutation == Mutation.NONE) {
        throw e;
      }
      owner.die("by itself: " + e);
      return true;
    }
  }

  void takeOver(int shard) {
    try {
      owners.removeIf(o ->
          o.shardNumber() == shard && !o.isAlive() && mutation != Mutation.EVENT_OF_OLDER_EPOCH);
      owners.add(new SimulatedOwner(this, ++ownersMade, shard));
    } catch (StoreException e) {
      say("owner %d cannot take shard %d over: %s", ownersMade, shard, e);
    } catch (BrokenPromise e) {
      throw e;
    } catch (RuntimeException e) {
      if (mutation == Mutation.NONE) {
        throw e;
      }
      say("owner %d cannot begin: %s", ownersMade, e);
    }
  }

  private Faults.Fault fault(int shard, Faults.Step step, String topic) {
    if (calm || !scenario.has(Scenario.LOST_ANSWERS)) {
      return Faults.Fault.NONE;
    }
    double rate = step == Faults.Step.COMMIT ? 0.06 : 0.0015;
    if (!chance(rate)) {
      return Faults.Fault.NONE;
    }
    Faults.Fault fault = chance(0.5) ? Faults.Fault.REFUSED : Faults.Fault.ANSWER_LOST;
    say("%s of shard %d %s: %s", step, shard, topic, fault);
    return fault;
  }
}
