package dev.skein.router;

import dev.skein.proto.End;
import dev.skein.proto.Request;
import dev.skein.proto.Started;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.Topics;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/** Turns of the scripted worker that stand in the topic {@code tokens} alone: nothing is pushed. */
final class MutedTurns {
  private static final int PACE_MS = 100;

  private final KafkaProducer<byte[], byte[]> producer;
  private final Topics topics;
  private final Map<String, Open> open = new ConcurrentHashMap<>();
  private final Set<String> seen = ConcurrentHashMap.newKeySet();
  private final Map<String, String> askers = new ConcurrentHashMap<>();

  /** One that ends when it was cancelled as often as it wants to be. */
  private static final class Open {
    private final Request request;
    private final String session;
    private final int shard;
    private int tokens;
    private int cancelsWanted;

    Open(Request request, String session, int shard, int tokens, int cancelsWanted) {
      this.request = request;
      this.session = session;
      this.shard = shard;
      this.tokens = tokens;
      this.cancelsWanted = cancelsWanted;
    }
  }

  MutedTurns(KafkaProducer<byte[], byte[]> producer, Topics topics) {
    this.producer = producer;
    this.topics = topics;
  }

  /** Whether the request was run before. */
  boolean isRepeat(Request request, String session, String router) {
    askers.put(request.getRequestId(), router);
    return !seen.add(session + "/" + request.getRequestId());
  }

  /** A client that asked elsewhere waits at this router. */
  void await(String requestId, String router) {
    askers.put(requestId, router);
  }

  /** Whether its turn runs until it is cancelled. */
  boolean isOpen(Request request) {
    return open.containsKey(request.getRequestId());
  }

  void run(
      String what, int tokens, Request request, String session, ConsumerRecord<byte[], byte[]> of) {
    int shard = of.partition();
    log(
        shard,
        ScriptedWorker.event(request, session, 0, 0)
            .setStarted(
                Started.newBuilder()
                    .setAttempt(1)
                    .setNote(request.getNote())
                    .setRequestOffset(of.offset())));
    for (int i = 0; i < tokens; i++) {
      log(shard, ScriptedWorker.token(request, session, 0, i, " " + i));
    }
    switch (what) {
      case "mute" -> finish(request, session, tokens, shard, "length");
      case "muteslow" ->
          CompletableFuture.delayedExecutor(2_500, TimeUnit.MILLISECONDS)
              .execute(() -> finish(request, session, tokens, shard, "length"));
      case "mutehang" ->
          open.put(request.getRequestId(), new Open(request, session, shard, tokens, 1));
      case "mutetalk" -> {
        Open talking = new Open(request, session, shard, tokens, 2);
        open.put(request.getRequestId(), talking);
        talk(talking);
      }
      default -> throw new IllegalArgumentException(what);
    }
  }

  private void talk(Open turn) {
    CompletableFuture.delayedExecutor(PACE_MS, TimeUnit.MILLISECONDS)
        .execute(() -> {
          synchronized (turn) {
            if (turn.cancelsWanted > 0) {
              int index = turn.tokens++;
              log(
                  turn.shard,
                  ScriptedWorker.token(turn.request, turn.session, 0, index, " " + index));
              talk(turn);
            }
          }
        });
  }

  /** The router that was asked last cancels, or one that says not who it is. */
  void cancel(String requestId, String router) {
    Open turn = open.get(requestId);
    if (turn == null || !(router.isEmpty() || router.equals(askers.get(requestId)))) {
      return;
    }
    synchronized (turn) {
      if (--turn.cancelsWanted == 0) {
        open.remove(requestId);
        finish(turn.request, turn.session, turn.tokens, turn.shard, "cancelled");
      }
    }
  }

  private void finish(Request request, String session, int index, int shard, String reason) {
    End.Builder end = ScriptedWorker.end(reason, index);
    log(shard, ScriptedWorker.event(request, session, 0, index).setEnd(end));
  }

  private void log(int shard, TokenEvent.Builder event) {
    Future<RecordMetadata> _ =
        producer.send(
            new ProducerRecord<>(topics.tokens(), shard, null, event.build().toByteArray()));
  }
}
