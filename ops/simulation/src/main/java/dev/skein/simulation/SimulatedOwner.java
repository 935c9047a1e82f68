package dev.skein.simulation;

import dev.skein.proto.Tenure;
import dev.skein.proto.TokenEvent;
import dev.skein.store.PublishListener;
import dev.skein.store.ShardStore;
import dev.skein.store.StoreException;
import dev.skein.worker.shard.Effect;
import dev.skein.worker.shard.RawRecord;
import dev.skein.worker.shard.Shard;
import dev.skein.worker.shard.ShardEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One ownership of one shard: the real core between a simulated log and the toy model. */
final class SimulatedOwner {

  /** What an owner is to the simulation. */
  enum Life {
    AWAKE,
    ASLEEP,
    DEAD,
    RELEASED
  }

  private final World world;
  private final int number;
  private final int shardNumber;
  private final ShardStore store;
  private final SimulatedReads reads;
  private final Shard shard;
  private final int epoch;
  private final int weights;
  private final Map<String, Task> tasks = new LinkedHashMap<>();
  private final Map<String, String> requestIds = new HashMap<>();
  private final ArrayDeque<ShardEvent> events = new ArrayDeque<>();
  private final ArrayDeque<Runnable> acknowledged = new ArrayDeque<>();
  private long tokensEnd;
  private long nextRequest;
  private final ControlReader controls;
  private boolean paused;
  private boolean leaving;
  private boolean draining;
  private Life life = Life.AWAKE;

  /** Takes the shard over. */
  SimulatedOwner(World world, int number, int shardNumber) throws StoreException {
    this.world = world;
    this.number = number;
    this.shardNumber = shardNumber;
    this.store = world.storeFor(shardNumber);
    this.reads = new SimulatedReads(world, store);
    ShardStore.Acquired acquired = store.acquire(world.heirs().next(shardNumber));
    this.epoch = acquired.epoch();
    this.weights = world.weights().served();
    this.tokensEnd = acquired.tokensEnd();
    this.nextRequest = acquired.record().getWatermark();
    this.controls = new ControlReader(world, shardNumber, acquired.record());
    this.shard =
        new Shard(
            shardNumber,
            world.shards(),
            acquired,
            ToyModel.served(weights),
            world.limitsOf(shardNumber));
    world.say(
        "%s takes over in epoch %d (%s), requests from %d, tail of %d events",
        this,
        epoch,
        acquired.released() ? "released" : "running",
        nextRequest,
        acquired.tail().size());
    world.promises().acquired(shardNumber, epoch);
    world.weights().acquired(shardNumber, epoch);
    follow(new ShardEvent.Acquired());
  }

  int shardNumber() {
    return shardNumber;
  }

  int epoch() {
    return epoch;
  }

  int weights() {
    return weights;
  }

  Life life() {
    return life;
  }

  boolean isAlive() {
    return life == Life.AWAKE || life == Life.ASLEEP;
  }

  Shard shard() {
    return shard;
  }

  Map<String, Task> tasks() {
    return tasks;
  }

  void sleep() {
    life = Life.ASLEEP;
    world.say("%s falls asleep", this);
  }

  void wake() {
    life = Life.AWAKE;
    world.say("%s wakes", this);
  }

  void die(String why) {
    life = Life.DEAD;
    world.say("%s dies: %s", this, why);
  }

  void drain() throws StoreException {
    if (!leaving) {
      leaving = true;
      world.say("%s is to give the shard back", this);
      follow(new ShardEvent.StoreMiddles());
    }
  }

  /** Does one thing; false if there is nothing to do but to wait for time or acknowledgements. */
  boolean step() throws StoreException {
    if (!events.isEmpty()) {
      follow(events.remove());
      return true;
    }
    if (draining && shard.isDrained()) {
      release();
      return true;
    }
    if (leaving && !draining && (shard.takeMiddlesStored() || world.chance(0.02))) {
      draining = true; // the next owner asks, mostly when it has read what was stored
      follow(new ShardEvent.Drain());
      return true;
    }
    List<Step> choices = new ArrayList<>();
    RawRecord request = world.requests().at(shardNumber, nextRequest);
    if (request != null && !paused && !draining) {
      choices.add(() -> readRequest(request));
    }
    if (controls.isReady(nextRequest) && !draining) {
      choices.add(this::readControl);
    }
    if (!tasks.isEmpty()) {
      choices.add(this::advanceEngine);
      choices.add(this::advanceEngine);
      choices.add(this::advanceEngine);
    }
    if (!acknowledged.isEmpty()) {
      choices.add(() -> acknowledged.remove().run());
      choices.add(() -> acknowledged.remove().run());
    }
    if (shard.wakeUpMs().orElse(Long.MAX_VALUE) <= world.nowMs()) {
      choices.add(() -> follow(new ShardEvent.Tick()));
    }
    if (store.dirty() && (choices.isEmpty() || world.chance(world.commitRate()))) {
      commit();
      return true;
    }
    if (choices.isEmpty()) {
      return false;
    }
    choices.get(world.below(choices.size())).run();
    return true;
  }

  private interface Step {
    void run() throws StoreException;
  }

  private void readRequest(RawRecord request) throws StoreException {
    nextRequest = request.offset() + 1;
    world.say("%s reads request %d", this, request.offset());
    follow(new ShardEvent.RequestRead(request));
  }

  private void readControl() throws StoreException {
    ShardEvent.ControlRead read = controls.read(nextRequest);
    if (read == null) {
      return;
    }
    world.say("%s reads a control of %s", this, read.control().getRequestId());
    if (world.mutation() == Mutation.CANCEL_BELOW_WITNESS) {
      tasks.values().stream()
          .filter(task -> task.requestId().equals(read.control().getRequestId()))
          .forEach(task -> task.run().cancel());
    }
    follow(read);
  }

  void commit() throws StoreException {
    if (world.killsBeforeCommit(this)) {
      return;
    }
    store.store(shard.record(Tenure.TENURE_RUNNING, tokensEnd));
    store.commit();
    world.say("%s commits", this);
    if (!world.killsAfterCommit(this)) {
      events.add(new ShardEvent.Committed());
    }
  }

  private void release() throws StoreException {
    while (!acknowledged.isEmpty()) {
      acknowledged.remove().run();
    }
    store.leave(shard.record(Tenure.TENURE_RELEASED, tokensEnd), world.heirs().of(shardNumber));
    store.commit();
    store.close();
    life = Life.RELEASED;
    world.say("%s has released the shard", this);
  }

  private void advanceEngine() throws StoreException {
    List<String> names = List.copyOf(tasks.keySet());
    String name = names.get(world.below(names.size()));
    Task task = Objects.requireNonNull(tasks.get(name));
    if (world.workload().isPoisoned(task)) {
      die("the poison of " + name);
      return;
    }
    switch (task.run().step()) {
      case ToyRun.Spoke spoke ->
          events.add(new ShardEvent.Drawn(task.session(), task.turn(), spoke.token()));
      case ToyRun.Agreed agreed ->
          events.add(new ShardEvent.Compared(task.session(), task.turn(), agreed.agrees()));
      case ToyRun.Middle middle ->
          events.add(
              new ShardEvent.Midway(task.session(), task.turn(), middle.midpoint(), tokensEnd));
      case ToyRun.Over over -> {
        tasks.remove(name);
        events.add(new ShardEvent.Ended(task.session(), task.turn(), over.end()));
      }
      case ToyRun.Read ignored -> {}
    }
  }

  /** Takes a token that another owner's engine drew. */
  void overhear(ShardEvent.Drawn drawn) throws StoreException {
    if (tasks.containsKey(drawn.session() + "/" + drawn.turn())) {
      follow(drawn);
    }
  }

  private void follow(ShardEvent event) throws StoreException {
    for (Effect effect : shard.on(event, world.nowMs())) {
      carryOut(effect);
    }
    world.promises().bounded(this);
  }

  private void carryOut(Effect effect) throws StoreException {
    switch (effect) {
      case Effect.LookUp look -> events.addFirst(reads.lookUp(look));
      case Effect.LoadState load -> events.addFirst(reads.load(load));
      case Effect.LoadFile file -> events.addFirst(reads.file(file));
      case Effect.ReadPast read -> events.addFirst(reads.past(read));
      case Effect.StoreTranscript transcript ->
          store.store(transcript.transcript(), new TranscriptStored());
      case Effect.DropTranscripts drop ->
          store.dropTranscripts(drop.session(), drop.firstTurn(), drop.nextTurn());
      case Effect.Tell tell -> world.tell(tell.request());
      case Effect.TellBack tell -> world.tell(tell.control());
      case Effect.Publish publish -> publish(publish);
      case Effect.Push push -> world.promises().pushed(shardNumber, push.event());
      case Effect.Run run -> run(run);
      case Effect.Cancel cancel -> withRun(cancel.session(), cancel.turn(), ToyRun::cancel);
      case Effect.Capture capture ->
          withRun(capture.session(), capture.turn(), run -> run.capture(capture.afterTokens()));
      case Effect.StoreSnapshot snap -> {
        world.say(
            "%s stores %s turn %d in slot %d",
            this, snap.session(), snap.snapshot().getPosition().getTurn(), snap.slot());
        store.store(
            snap.session(),
            snap.slot(),
            snap.snapshot(),
            slot ->
                acknowledged.add(
                    () -> events.add(new ShardEvent.SnapshotStored(snap.session(), slot))));
      }
      case Effect.DropSlot drop -> store.drop(drop.session(), drop.slot(), drop.chunks());
      case Effect.StoreManifest manifest -> store.store(manifest.manifest());
      case Effect.DropManifest drop -> store.dropManifest(drop.session());
      case Effect.Forward forward -> forward(forward);
      case Effect.DeadLetter letter ->
          store.deadLetter(letter.raw().key(), letter.raw().value(), Map.of());
      case Effect.Flow flow -> paused = flow.paused();
    }
  }

  private void withRun(String session, int turn, Consumer<ToyRun> what) {
    Task task = tasks.get(session + "/" + turn);
    if (task != null) {
      what.accept(task.run());
    }
  }

  private void run(Effect.Run run) {
    if (tasks.size() >= world.engineSlots() && world.chance(0.8)) {
      events.add(new ShardEvent.EngineFull(run.session(), run.turn()));
      return;
    }
    world.say(
        "%s runs %s turn %d with %d ids and a witness of %d from %d",
        this,
        run.session(),
        run.turn(),
        run.generation().prompt().length,
        run.generation().drawn().length,
        run.generation().progress().drawn());
    ToyRun toy = new ToyRun(run.generation(), world.quirksOf(this));
    String name = run.session() + "/" + run.turn();
    String requestId = requestIds.getOrDefault(name, "");
    tasks.put(name, new Task(run.session(), run.turn(), requestId, toy));
  }

  private final class TranscriptStored implements PublishListener {
    @Override
    public void acknowledged(long offset) {
      acknowledged.add(() -> events.add(new ShardEvent.TranscriptStored(offset)));
    }

    @Override
    public void failed(StoreException failure) {}
  }

  private void forward(Effect.Forward forward) {
    RawRecord raw = forward.raw();
    world.forward(raw, shardNumber, forward.partition());
    acknowledged.add(() -> events.add(new ShardEvent.Forwarded(raw.offset())));
  }

  private void publish(Effect.Publish publish) {
    TokenEvent event = publish.event();
    if (publish.starts()) {
      requestIds.put(event.getSession() + "/" + event.getTurn(), event.getRequestId());
    }
    world.say("%s writes %s", this, Trace.line(event));
    boolean early = world.mutation() == Mutation.PUSH_BEFORE_ACK;
    if (early) {
      world.promises().pushed(shardNumber, event);
    }
    store.publish(
        event,
        publish.json(),
        new PublishListener() {
          @Override
          public void acknowledged(long offset) {
            tokensEnd = Math.max(tokensEnd, offset + 1);
            acknowledged.add(() -> {
              if (!early) {
                world.promises().pushed(shardNumber, event);
              }
              if (publish.starts()) {
                events.add(
                    new ShardEvent.StartAcknowledged(event.getSession(), event.getTurn(), offset));
              }
            });
          }

          @Override
          public void failed(StoreException failure) {}
        });
  }

  /** Why the store is of no use any more, or null. */
  @Nullable StoreException failure() {
    return store.failure();
  }

  @Override
  public String toString() {
    return "owner %d of shard %d".formatted(number, shardNumber);
  }
}
