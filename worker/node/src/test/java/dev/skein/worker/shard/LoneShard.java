package dev.skein.worker.shard;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.FinishReason;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.SessionState;
import dev.skein.proto.Adoption;
import dev.skein.proto.Await;
import dev.skein.proto.Cancel;
import dev.skein.proto.Control;
import dev.skein.proto.End;
import dev.skein.proto.Expire;
import dev.skein.proto.Kind;
import dev.skein.proto.Manifest;
import dev.skein.proto.Request;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.StateFile;
import dev.skein.proto.Tenure;
import dev.skein.proto.Unpin;
import dev.skein.proto.Wire;
import dev.skein.store.ExportedState;
import dev.skein.store.ShardStore.Acquired;
import dev.skein.store.ShardStore.StoredEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** One shard of a pool of one, whose turns draw a single z; manifests outlive it. */
final class LoneShard {

  static final long NOW_MS = 10_000;

  /** When every request was written. */
  static final long LOG_MS = 1_000;

  private static final int PIN_MS = 600_000;

  final List<Effect> effects = new ArrayList<>();
  final Map<String, Manifest> manifests;
  long nowMs = NOW_MS;
  private long offset;
  private long controls;
  private final Shard shard;

  LoneShard() {
    this(new HashMap<>(), ToyModel.served(), Upgrade.ADOPT);
  }

  LoneShard(Map<String, Manifest> manifests, ServedModels models, Upgrade onUpgrade) {
    this(manifests, models, onUpgrade, List.of());
  }

  private LoneShard(
      Map<String, Manifest> manifests,
      ServedModels models,
      Upgrade onUpgrade,
      List<StoredEvent> tail) {
    this.manifests = manifests;
    this.offset = manifests.values().stream().mapToLong(Manifest::getNextTurn).sum();
    ShardRecord record = ShardRecord.newBuilder().setEpoch(1).setPartitions(1).build();
    ShardLimits.Keeping keeping = new ShardLimits.Keeping(true, PIN_MS, 600_000, onUpgrade);
    this.shard =
        new Shard(
            0,
            1,
            new Acquired(1, record, true, true, tail, 0, 0),
            models,
            new ShardLimits(4, 9, 9, 10, 1_000_000, 1_000, 10, 4, 60_000, keeping));
  }

  /** Who takes over when all of this is in the log, and nothing of it committed. */
  LoneShard successor() {
    return successor(ToyModel.served(), Upgrade.ADOPT);
  }

  /** The same under other models. */
  LoneShard successor(ServedModels models, Upgrade onUpgrade) {
    List<StoredEvent> tail = new ArrayList<>();
    for (Effect effect : effects) {
      if (effect instanceof Effect.Publish publish) {
        tail.add(new StoredEvent(tail.size(), publish.event(), false, false));
      }
    }
    return new LoneShard(manifests, models, onUpgrade, tail);
  }

  void on(ShardEvent event) {
    for (Effect effect : shard.on(event, nowMs)) {
      effects.add(effect);
      switch (effect) {
        case Effect.LookUp look ->
            on(new ShardEvent.LookedUp(look.session(), manifests.get(look.session())));
        case Effect.StoreManifest stored ->
            manifests.put(stored.manifest().getSession(), stored.manifest());
        case Effect.DropManifest drop -> manifests.remove(drop.session());
        default -> {}
      }
    }
  }

  void ask(String session, String json) {
    on(new ShardEvent.RequestRead(ToyModel.request(offset++, session, json)));
  }

  /** A router asks for a turn of that name. */
  void ask(String session, String requestId, String router) {
    RawRecord plain =
        ToyModel.request(
            offset++,
            session,
            "{\"prompt\":\"a\",\"request_id\":\"%s\",\"max_tokens\":9}".formatted(requestId));
    Map<String, String> headers = new HashMap<>(plain.headers());
    headers.put(Wire.PUSH, router);
    on(
        new ShardEvent.RequestRead(
            new RawRecord(plain.offset(), plain.key(), plain.value(), headers, LOG_MS)));
  }

  void expire(String session, long idleSinceMs) {
    expire(session, Expire.newBuilder().setIdleSinceMs(idleSinceMs));
  }

  void expireGrave(String session, long idleSinceMs) {
    expire(session, Expire.newBuilder().setIdleSinceMs(idleSinceMs).setGrave(true));
  }

  private void expire(String session, Expire.Builder word) {
    Control control = Control.newBuilder().setSession(session).setExpire(word).build();
    commit();
    on(new ShardEvent.ControlRead(controls++, control));
  }

  void commit() {
    on(new ShardEvent.Committed());
  }

  /** A fork of a session elsewhere comes too late. */
  void refuseAdoption(String child) {
    adopt(child, "f", LOG_MS - PIN_MS - 1);
  }

  /** A fork of a session elsewhere that has read nothing comes in. */
  void adopt(String child, String forkId) {
    adopt(child, forkId, LOG_MS);
  }

  private void adopt(String child, String forkId, long updatedMs) {
    Adoption adoption =
        Adoption.newBuilder()
            .setParent("parent")
            .setForkId(forkId)
            .setChild(Manifest.newBuilder().setSession(child).setUpdatedMs(updatedMs))
            .build();
    byte[] request =
        Request.newBuilder()
            .setKind(Kind.KIND_ADOPT)
            .setAdoption(adoption.toByteString())
            .build()
            .toByteArray();
    byte[] key = child.getBytes(UTF_8);
    Map<String, String> headers = Map.of(Wire.CONTENT_TYPE, Wire.PROTOBUF);
    on(new ShardEvent.RequestRead(new RawRecord(offset++, key, request, headers, LOG_MS)));
  }

  /** A file without a snapshot comes in. */
  void load(String session, String model, Manifest told) {
    byte[] request =
        Request.newBuilder()
            .setKind(Kind.KIND_IMPORT)
            .setModel(model)
            .setFile(StateFile.getDefaultInstance())
            .build()
            .toByteArray();
    Map<String, String> headers = Map.of(Wire.CONTENT_TYPE, Wire.PROTOBUF);
    RawRecord raw = new RawRecord(offset++, session.getBytes(UTF_8), request, headers, LOG_MS);
    on(new ShardEvent.RequestRead(raw));
    on(new ShardEvent.FileLoaded(session, new ExportedState(told, null), null));
  }

  /** A file comes in and the owner dies before it commits that; its successor does it again. */
  LoneShard loadedAndLost(String session, Manifest told, ServedModels models) {
    long at = offset;
    Map<String, Manifest> committed = new HashMap<>(manifests);
    load(session, "toy", told);
    manifests.clear();
    manifests.putAll(committed);
    LoneShard next = successor(models, Upgrade.ADOPT);
    next.offset = at;
    next.load(session, "toy", told);
    return next;
  }

  /** The owner of a session to be made tells what became of the fork. */
  void tellBack(String parent, Adoption told) {
    Unpin word = Unpin.newBuilder().setAdoption(told.toByteString()).build();
    control(parent, told.getForkId(), control -> control.setUnpin(word));
  }

  /** Where a new owner would begin to read controls. */
  long controlsFrom() {
    return shard.record(Tenure.TENURE_RUNNING, 0).getControlsOffset();
  }

  /** A turn was started. */
  boolean started(int turn) {
    return effects.stream()
        .anyMatch(effect ->
            effect instanceof Effect.Publish publish
                && publish.event().hasStarted()
                && publish.event().getTurn() == turn);
  }

  void cancel(String requestId) {
    control("", requestId, control -> control.setCancel(Cancel.getDefaultInstance()));
  }

  /** A router's client has left. */
  void cancel(String session, String requestId, String router) {
    control(
        session, requestId, control -> control.setCancel(Cancel.newBuilder().setRouter(router)));
  }

  /** A client has come to a router for a turn that it asked for elsewhere. */
  void await(String session, String requestId, String router) {
    control(session, requestId, control -> control.setAwait(Await.newBuilder().setRouter(router)));
  }

  private void control(String session, String requestId, UnaryOperator<Control.Builder> what) {
    Control.Builder named = Control.newBuilder().setSession(session).setRequestId(requestId);
    on(new ShardEvent.ControlRead(controls++, what.apply(named).build()));
  }

  void turn(String session, int number, String prompt) {
    ask(session, "{\"prompt\":\"%s\",\"max_tokens\":1}".formatted(prompt));
    run(session, number);
  }

  void run(String session, int number) {
    on(new ShardEvent.StartAcknowledged(session, number, 40 + offset));
    on(new ShardEvent.Drawn(session, number, new DrawnToken(0, 'z', "z", false, 0, List.of())));
    SessionState state = SessionState.of(new float[] {number, 0});
    on(
        new ShardEvent.Ended(
            session,
            number,
            new GenerationEnd(FinishReason.LENGTH, "", 1, 1, state, new int[] {'z'}, 1, null)));
  }

  List<End> answers() {
    return effects.stream()
        .filter(effect -> effect instanceof Effect.Publish publish && publish.event().hasEnd())
        .map(effect -> ((Effect.Publish) effect).event().getEnd())
        .toList();
  }

  /** The last end event. */
  End answer() {
    return answers().getLast();
  }

  String refusal() {
    return answer().getError().getCode();
  }

  /** What the engine was given last. */
  Effect.Run started() {
    return effects.stream()
        .filter(Effect.Run.class::isInstance)
        .map(Effect.Run.class::cast)
        .reduce((first, next) -> next)
        .orElseThrow();
  }

  Manifest manifest(String session) {
    return manifests.getOrDefault(session, Manifest.getDefaultInstance());
  }
}
