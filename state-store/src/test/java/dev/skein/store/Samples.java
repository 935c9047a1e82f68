package dev.skein.store;

import com.google.protobuf.ByteString;
import dev.skein.proto.Manifest;
import dev.skein.proto.Position;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.Token;
import dev.skein.proto.TokenEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What the tests of the stores write, and listeners that can be waited for. */
final class Samples {

  private Samples() {}

  static TokenEvent event(String session, int index) {
    return TokenEvent.newBuilder()
        .setSession(session)
        .setIndex(index)
        .setToken(Token.newBuilder().setId(100 + index).setText("t" + index))
        .build();
  }

  static Manifest manifest(String session, int nextTurn) {
    return Manifest.newBuilder()
        .setSession(session)
        .setModel("demo")
        .setNextTurn(nextTurn)
        .setTokensRead(nextTurn * 10L)
        .build();
  }

  static Snapshot snapshot(int stateBytes, long seed) {
    byte[] state = new byte[stateBytes];
    new SplittableRandom(seed).nextBytes(state);
    return Snapshot.newBuilder()
        .setArchitecture("rwkv7")
        .setPosition(Position.newBuilder().setTurn(3).setIndex(7))
        .setTokensRead(99)
        .setChain(ByteString.copyFromUtf8("chain"))
        .setState(ByteString.copyFrom(state))
        .build();
  }

  /** Stores a snapshot and waits for its slot. */
  static Slot stored(ShardStore store, String session, int slot, Snapshot snapshot)
      throws Exception {
    CompletableFuture<Slot> done = new CompletableFuture<>();
    store.store(session, slot, snapshot, done::complete);
    return done.get(30, TimeUnit.SECONDS);
  }

  static List<String> texts(List<ShardStore.StoredEvent> tail) {
    List<String> texts = new ArrayList<>();
    tail.forEach(stored -> texts.add(stored.event().getToken().getText()));
    return texts;
  }

  /** Remembers what it was told: offsets, or -1 for a failure. */
  static final class Heard implements PublishListener {
    private final BlockingQueue<Long> heard = new LinkedBlockingQueue<>();

    @Override
    public void acknowledged(long offset) {
      heard.add(offset);
    }

    @Override
    public void failed(StoreException failure) {
      heard.add(-1L);
    }

    long next() throws InterruptedException {
      Long offset = heard.poll(30, TimeUnit.SECONDS);
      if (offset == null) {
        throw new AssertionError("Nothing was heard of an event.");
      }
      return offset;
    }

    boolean nothing() {
      return heard.isEmpty();
    }
  }
}
