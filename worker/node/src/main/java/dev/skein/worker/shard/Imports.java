package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import dev.skein.proto.Manifest;
import dev.skein.proto.Snapshot;
import dev.skein.proto.TurnRef;
import dev.skein.store.ExportedState;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes sessions out of files. Everything in a file is somebody's word: it must fit together. */
final class Imports {

  private final Workings shard;
  private final Adoptions adoptions;
  private final Replies replies;
  private final BiConsumer<Session, RequestRecord> answer;
  private final Consumer<Session> goOn;
  private final Map<String, RequestRecord> underWay = new HashMap<>();

  /**
   * @param answer says where a session stands that was made
   * @param goOn begins the next turn of a session
   */
  Imports(
      Workings shard,
      Adoptions adoptions,
      Replies replies,
      BiConsumer<Session, RequestRecord> answer,
      Consumer<Session> goOn) {
    this.shard = shard;
    this.adoptions = adoptions;
    this.replies = replies;
    this.answer = answer;
    this.goOn = goOn;
  }

  void begin(Session session, RequestRecord request) {
    session.enter(Phase.OPERATING);
    underWay.put(session.id, request);
    shard.effects().accept(new Effect.LoadFile(session.id, request.request().getFile()));
  }

  /** The file was read, or cannot be. */
  void fileLoaded(Session session, ShardEvent.FileLoaded loaded) {
    RequestRecord request = underWay.remove(session.id);
    if (request == null) {
      return;
    }
    session.enter(Phase.IDLE);
    ExportedState state = loaded.state();
    try {
      if (state == null) {
        throw new Rejection("import_failed", String.valueOf(loaded.failure()));
      }
      Manifest origin = origin(session, request, state);
      if (origin.hasFingerprint() && !shard.shownAnswers().isPromised(request.offset())) {
        shard.models().of(origin.getModel(), origin.getFingerprint());
      }
      adoptions.begin(
          session, origin, state.snapshot(), refusal -> imported(session, request, refusal));
    } catch (Rejection rejection) {
      replies.answer(request, Answers.failure(rejection));
      goOn.accept(session);
    }
  }

  private void imported(Session session, RequestRecord request, @Nullable Rejection refusal) {
    if (refusal == null) {
      answer.accept(session, request);
    } else {
      replies.answer(request, Answers.failure(refusal));
    }
    goOn.accept(session);
  }

  private static Manifest origin(Session session, RequestRecord request, ExportedState state)
      throws Rejection {
    Manifest told = state.manifest();
    Snapshot snapshot = state.snapshot();
    int[] tail = told.getTailList().stream().mapToInt(Integer::intValue).toArray();
    byte[] chain = snapshot == null ? new byte[0] : snapshot.getChain().toByteArray();
    long read = (snapshot == null ? 0 : snapshot.getTokensRead()) + tail.length;
    ByteString reached = ByteString.copyFrom(TurnIds.link(chain, tail));
    if (read != told.getTokensRead() || (read > 0 && !reached.equals(told.getChain()))) {
      throw new Rejection(
          "import_failed", "The exported session is damaged: its parts do not fit each other.");
    }
    if (read > 0 && !told.hasFingerprint()) {
      throw new Rejection("import_failed", "The exported session does not say what read it.");
    }
    Manifest.Builder origin =
        Manifest.newBuilder()
            .setSession(session.id)
            .setNextTurn(told.getHead().getTurn() + 1)
            .addAllTail(Arrays.stream(tail).boxed().toList())
            .addAllMessageChain(told.getMessageChainList())
            .setTokensRead(read)
            .setStartState(told.getStartState())
            .setStartStateDigest(told.getStartStateDigest())
            .setUpdatedMs(request.logTimeMs());
    if (told.hasFingerprint()) {
      // Here the model may have another name.
      String asked = request.request().getModel();
      origin
          .setModel(asked.isEmpty() ? told.getModel() : asked)
          .setFingerprint(told.getFingerprint())
          .setTokenizer(told.getTokenizer());
    }
    return read == 0 ? origin.build() : origin.setHead(head(session, told, read)).build();
  }

  private static TurnRef head(Session session, Manifest told, long read) {
    int links = told.getMessageChainCount();
    ByteString newest = links == 0 ? ByteString.EMPTY : told.getMessageChain(links - 1);
    return TurnRef.newBuilder()
        .setSession(session.id)
        .setTurn(told.getHead().getTurn())
        .setTranscriptFrom(-1)
        .setChain(told.getChain())
        .setTokensRead(read)
        .setMessages(Math.max(links, told.getHead().getMessages()))
        .setMessageLink(newest)
        .build();
  }
}
