package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import dev.skein.engine.Midpoint;
import dev.skein.engine.Progress;
import dev.skein.engine.SessionState;
import dev.skein.proto.Fingerprint;
import dev.skein.proto.Position;
import dev.skein.proto.SamplerState;
import dev.skein.proto.Snapshot;
import java.util.List;

/**
 * A turn between two of its tokens: all that the next token depends on, beside the request.
 * Positions count the ids of the turn's prompt and, after them, of what it drew.
 *
 * @param read how many of these ids the state has read
 * @param chain hash chain over all ids that the state has read
 * @param tokensRead number of them, over all turns of the session
 * @param drawnIds all that the turn drew so far
 */
@SuppressWarnings("ArrayRecordComponent") // a digest and ids; nobody compares these
record MidTurn(
    SessionState state,
    int read,
    Progress progress,
    byte[] chain,
    long tokensRead,
    int[] drawnIds) {

  MidTurn {
    if (drawnIds.length != progress.drawn()) {
      throw new IllegalArgumentException(
          "a turn drew %d tokens, but %d are known".formatted(progress.drawn(), drawnIds.length));
    }
  }

  /**
   * Reads a stored one.
   *
   * @throws IllegalArgumentException if its parts do not fit each other
   */
  static MidTurn of(Snapshot snapshot) {
    SamplerState sampler = snapshot.getSampler();
    float[] counts = new float[sampler.getPenaltyCountsCount()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = sampler.getPenaltyCounts(i);
    }
    return new MidTurn(
        StateBytes.read(snapshot.getState()),
        sampler.getRead(),
        new Progress(
            sampler.getDrawn(),
            ids(sampler.getUnreadList()),
            ids(sampler.getPenaltyTokensList()),
            counts,
            sampler.getHeldBack().toByteArray(),
            sampler.getGrammar().toByteArray()),
        snapshot.getChain().toByteArray(),
        snapshot.getTokensRead(),
        ids(sampler.getDrawnIdsList()));
  }

  /** What the engine told of a turn. */
  static MidTurn of(Midpoint midpoint, Turn turn) {
    TurnIds ids = turn.ids();
    return new MidTurn(
        midpoint.state(),
        ids.position(),
        midpoint.progress(),
        ids.chain(),
        ids.tokensRead(),
        turn.drawnIds(midpoint.progress().drawn()));
  }

  Snapshot snapshot(int turn, Fingerprint fingerprint, String architecture) {
    SamplerState.Builder sampler =
        SamplerState.newBuilder()
            .setDrawn(progress.drawn())
            .setRead(read)
            .setHeldBack(ByteString.copyFrom(progress.held()))
            .setGrammar(ByteString.copyFrom(progress.grammar()));
    for (int token : progress.unread()) {
      sampler.addUnread(token);
    }
    for (int token : drawnIds) {
      sampler.addDrawnIds(token);
    }
    for (int i = 0; i < progress.penaltyTokens().length; i++) {
      sampler.addPenaltyTokens(progress.penaltyTokens()[i]);
      sampler.addPenaltyCounts(progress.penaltyCounts()[i]);
    }
    return Snapshot.newBuilder()
        .setFingerprint(fingerprint)
        .setArchitecture(architecture)
        .setPosition(Position.newBuilder().setTurn(turn).setIndex(progress.drawn()))
        .setState(StateBytes.of(state))
        .setChain(ByteString.copyFrom(chain))
        .setTokensRead(tokensRead)
        .setSampler(sampler)
        .build();
  }

  private static int[] ids(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }
}
