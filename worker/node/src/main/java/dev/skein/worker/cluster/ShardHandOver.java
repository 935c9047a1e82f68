package dev.skein.worker.cluster;

import dev.skein.proto.AskForShard;
import dev.skein.proto.ShardAnswer;
import dev.skein.store.Heir;
import dev.skein.worker.owner.HandOver;
import dev.skein.worker.owner.ShardOwner;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.StreamSupport;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shards on their way between the workers of a pool. Pekko moves a shard by stopping it in one
 * place before it looks for another one; an owner here outlives that stop, and runs on until the
 * next one is ready and asks. Where nobody asks, it is given back anyway.
 */
public final class ShardHandOver implements HandOver {

  private static final Logger LOG = LoggerFactory.getLogger(ShardHandOver.class);

  /** So that a stream waits for its own shard only. */
  private static final int AT_ONCE = 1;

  /** So long nobody asks for any shard, and none is waited for any more. */
  private static final Duration SILENCE = Duration.ofSeconds(4);

  /** What is not stored by then is read again by the next owner. */
  private static final Duration STORE = Duration.ofSeconds(3);

  private static final Duration GIVE = Duration.ofSeconds(15);
  private static final long LOOK_MS = 100;

  private final ActorSystem<?> system;
  private final Cluster cluster;
  private final ActorRefResolver resolver;
  private final String pool;
  private final Semaphore passages = new Semaphore(AT_ONCE, true);
  private final Set<ShardOwner> living = ConcurrentHashMap.newKeySet();
  private volatile long askedNanos;
  private volatile long enteredNanos;
  private final Map<Integer, ShardOwner> leaving = new ConcurrentHashMap<>();

  private ShardHandOver(ActorSystem<?> system, String pool) {
    this.system = system;
    this.cluster = Cluster.get(system);
    this.resolver = ActorRefResolver.get(system);
    this.pool = pool;
  }

  /** Begins to answer those who ask for shards of a pool. */
  public static ShardHandOver start(ActorSystem<?> system, String pool) {
    ShardHandOver handOver = new ShardHandOver(system, pool);
    system.systemActorOf(handOver.giver(), name(pool), Props.empty());
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseClusterShardingShutdownRegion(),
            name(pool),
            handOver::emptied);
    return handOver;
  }

  private static String name(String pool) {
    return "skein-hand-over-" + pool;
  }

  /** An owner begins its life here. */
  void begins(ShardOwner owner) {
    living.add(owner);
    owner.whenOver(() -> living.remove(owner));
  }

  /** A node that leaves stays until nobody here owns anything. */
  private CompletionStage<Done> emptied() {
    return CompletableFuture.allOf(
            living.stream()
                .map(owner -> owner.over().toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .thenApply(all -> Done.getInstance());
  }

  /** The shard is being placed elsewhere: its owner runs on until it is asked for it. */
  void leave(ShardOwner owner) {
    if (!owner.isRunning() || !isAnotherThere()) {
      owner.release();
      return;
    }
    leaving.put(owner.shard(), owner);
    owner.whenOver(() -> leaving.remove(owner.shard(), owner));
    askedNanos = System.nanoTime();
    releaseAfterSilence(owner);
  }

  private void releaseAfterSilence(ShardOwner owner) {
    long silentNanos = System.nanoTime() - askedNanos;
    if (silentNanos >= SILENCE.toNanos()) {
      owner.release();
    } else if (leaving.containsValue(owner)) {
      system
          .scheduler()
          .scheduleOnce(
              SILENCE.minusNanos(silentNanos),
              () -> releaseAfterSilence(owner),
              system.executionContext());
    }
  }

  boolean isLeaving(ShardOwner owner) {
    return leaving.containsValue(owner);
  }

  private Behavior<AskForShard> giver() {
    return Behaviors.receive(AskForShard.class)
        .onMessage(
            AskForShard.class,
            asked -> {
              answer(asked);
              return Behaviors.same();
            })
        .build();
  }

  private void answer(AskForShard asked) {
    ActorRef<ShardAnswer> next = resolver.resolveActorRef(asked.getReplyTo());
    ShardAnswer.Builder answer = ShardAnswer.newBuilder().setShard(asked.getShard());
    ShardOwner owner = leaving.get(asked.getShard());
    askedNanos = System.nanoTime();
    if (owner == null) {
      next.tell(answer.build());
    } else if (asked.getKeep()) {
      owner.storeMiddles(() -> next.tell(answer.setDone(true).build()));
    } else {
      owner.whenOver(() -> next.tell(answer.setDone(true).build()));
      owner.release(new Heir(asked.getAddress(), asked.getHeir()));
    }
  }

  @Override
  public Passage begin(int shard, String owner, BooleanSupplier isWanted)
      throws InterruptedException {
    boolean isHere = owner.equals(self()) && !leaving.containsKey(shard);
    if (isHere || !isThere(owner)) {
      return Passage.FREE;
    }
    Coming coming = new Coming(shard, owner, isWanted, isItsTurn(isWanted));
    boolean isAwaited = false;
    try {
      isAwaited = coming.ask(null, STORE);
    } finally {
      if (!isAwaited) {
        coming.close();
      }
    }
    return isAwaited ? coming : Passage.FREE;
  }

  /**
   * Waits its turn. One that hangs must not hold up the others for longer than their owners wait
   * for them: then they do not keep to the line.
   */
  private boolean isItsTurn(BooleanSupplier isWanted) throws InterruptedException {
    enteredNanos = System.nanoTime();
    boolean isFirst = false;
    while (!isFirst
        && isWanted.getAsBoolean()
        && System.nanoTime() - enteredNanos < SILENCE.toNanos()) {
      isFirst = passages.tryAcquire(LOOK_MS, TimeUnit.MILLISECONDS);
    }
    enteredNanos = System.nanoTime();
    return isFirst;
  }

  /** A shard that its owner runs until it is asked for it. */
  private final class Coming implements Passage {
    private final int shard;
    private final String owner;
    private final BooleanSupplier isWanted;
    private final boolean isInLine;

    Coming(int shard, String owner, BooleanSupplier isWanted, boolean isInLine) {
      this.isInLine = isInLine;
      this.shard = shard;
      this.owner = owner;
      this.isWanted = isWanted;
    }

    @Override
    public boolean isAwaited() {
      return true;
    }

    @Override
    public void take(Heir me) throws InterruptedException {
      var ignored = ask(me, GIVE);
    }

    @Override
    public void close() {
      if (isInLine) {
        passages.release();
      }
    }

    /**
     * False if the owner before says that it is none, or is gone.
     *
     * @param me to whom it is to leave the shard; null: it is to store what runs, and run on
     */
    private boolean ask(@Nullable Heir me, Duration atMost) throws InterruptedException {
      ActorRef<AskForShard> giver = resolver.resolveActorRef(owner + "/system/" + name(pool));
      CompletableFuture<ShardAnswer> answer =
          AskPattern.<AskForShard, ShardAnswer>ask(
                  giver, reply -> question(me, reply), atMost, system.scheduler())
              .toCompletableFuture();
      while (isThere(owner) && isWanted.getAsBoolean()) {
        try {
          return answer.get(LOOK_MS, TimeUnit.MILLISECONDS).getDone();
        } catch (TimeoutException e) {
          LOG.trace("shard {} is waited for", shard);
        } catch (ExecutionException e) {
          LOG.warn("shard {}: {} does not answer in time", shard, owner);
          return true;
        }
      }
      return false;
    }

    private AskForShard question(@Nullable Heir me, ActorRef<ShardAnswer> reply) {
      AskForShard.Builder question =
          AskForShard.newBuilder()
              .setShard(shard)
              .setKeep(me == null)
              .setReplyTo(resolver.toSerializationFormat(reply));
      if (me != null) {
        question.setHeir(me.id()).setAddress(me.address());
      }
      return question.build();
    }
  }

  private String self() {
    return cluster.selfMember().address().toString();
  }

  private boolean isThere(String owner) {
    ClusterEvent.CurrentClusterState state = cluster.state();
    return StreamSupport.stream(state.getMembers().spliterator(), false)
        .anyMatch(member ->
            member.address().toString().equals(owner) && !state.getUnreachable().contains(member));
  }

  private boolean isAnotherThere() {
    return StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
        .filter(this::serves)
        .map(member -> member.address().toString())
        .anyMatch(address -> !address.equals(self()) && isThere(address));
  }

  private boolean serves(Member member) {
    return member.status().equals(MemberStatus.up()) && member.hasRole(ShardPlacement.role(pool));
  }
}
