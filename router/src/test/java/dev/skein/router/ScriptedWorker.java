package dev.skein.router;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.skein.proto.Control;
import dev.skein.proto.End;
import dev.skein.proto.Failure;
import dev.skein.proto.Kind;
import dev.skein.proto.Manifest;
import dev.skein.proto.Request;
import dev.skein.proto.Started;
import dev.skein.proto.Token;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.TokenEvents;
import dev.skein.proto.TopLogprob;
import dev.skein.proto.Topics;
import dev.skein.proto.Usage;
import dev.skein.proto.Vector;
import dev.skein.proto.Wire;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A worker that does what the prompt says, in an actor system of its own, so that pushes travel as
 * in a cluster:
 *
 * <ul>
 *   <li>{@code count N}: N tokens {@code " 0"}, {@code " 1"}, …, for each choice
 *   <li>{@code twice N}: the same, every event pushed twice and neighbours swapped
 *   <li>{@code pace N}: N tokens, ten a second
 *   <li>{@code hang N}: N tokens, then silence until it is cancelled
 *   <li>{@code mute N}: N tokens and the end in the topic {@code tokens} alone, nothing pushed
 *   <li>{@code muteslow N}: the same, the end some time after the tokens
 *   <li>{@code mutehang N}: tokens in the topic alone, and the end when it is cancelled
 *   <li>{@code mutetalk N}: the same, ten more tokens a second, and the end when it is cancelled
 *       twice
 *   <li>anything else: an end without tokens, for each choice
 *   <li>{@code fail CODE}: an end event with that error
 *   <li>{@code end REASON}: an end event with that finish reason
 *   <li>{@code repeat}: an end event that points to turn 3
 *   <li>{@code silent}: nothing until it is cancelled
 *   <li>{@code store N}: a stored turn with a snapshot of N bytes and a transcript
 *   <li>{@code flood N}: N tokens of 1 KB, in one go
 * </ul>
 */
final class ScriptedWorker {
  static final int SHARDS = 4;
  private static final Set<Kind> OPERATIONS =
      Set.of(Kind.KIND_FORK, Kind.KIND_REWIND, Kind.KIND_DELETE, Kind.KIND_IMPORT);
  static final String MODEL = "scripted-1";
  private static final int PROMPT_TOKENS = 2;

  private static final Config REMOTING =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = remote
              pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
              pekko.remote.artery.advanced.outbound-message-queue-size = 100000
              pekko.loglevel = WARNING
              pekko.log-dead-letters = off
              pekko.log-dead-letters-during-shutdown = off
              """)
          .withFallback(ConfigFactory.load());

  final List<ConsumerRecord<byte[], byte[]>> requests = new CopyOnWriteArrayList<>();
  final List<ConsumerRecord<byte[], byte[]>> cancels = new CopyOnWriteArrayList<>();

  private final ActorSystem<Void> system = system("worker");
  private final Topics topics;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final KafkaProducer<byte[], byte[]> producer;
  private final ScriptedSessions sessions;
  private final Map<String, Open> hanging = new ConcurrentHashMap<>();
  private final MutedTurns muted;
  private final Thread thread;

  private record Open(Request request, ActorRef<TokenEvents> router, String session, int index) {}

  ScriptedWorker(String bootstrapServers) throws Exception {
    this(bootstrapServers, Topics.main(), MODEL);
  }

  /** A worker of a pool of its own. */
  ScriptedWorker(String bootstrapServers, Topics topics, String... models) throws Exception {
    this.topics = topics;
    Properties client = new Properties();
    client.put("bootstrap.servers", bootstrapServers);
    ScriptedPool.prepare(client, topics, List.of(models));
    producer = new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer());
    muted = new MutedTurns(producer, topics);
    sessions = new ScriptedSessions(producer, topics, SHARDS);
    client.put("auto.offset.reset", "earliest");
    client.put("fetch.max.wait.ms", 20);
    consumer =
        new KafkaConsumer<>(client, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.assign(
        IntStream.range(0, SHARDS)
            .boxed()
            .flatMap(p ->
                Stream.of(
                    new TopicPartition(topics.requests(), p),
                    new TopicPartition(topics.controls(), p)))
            .toList());
    thread = Thread.ofPlatform().name("scripted-worker").start(this::run);
  }

  static ActorSystem<Void> system(String name) {
    return ActorSystem.create(Behaviors.empty(), name, REMOTING);
  }

  Manifest manifest(String session) {
    return sessions.manifest(session);
  }

  private void run() {
    try (consumer) {
      while (true) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(10))) {
          if (record.topic().equals(topics.requests())) {
            requests.add(record);
            run(record);
          } else {
            obey(record, Control.parseFrom(record.value()));
          }
        }
      }
    } catch (WakeupException e) {
      // Closing.
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private void run(ConsumerRecord<byte[], byte[]> record) throws Exception {
    Request request = Request.parseFrom(record.value());
    Header push = record.headers().lastHeader(Wire.PUSH);
    String asker = new String(push.value(), StandardCharsets.UTF_8);
    ActorRef<TokenEvents> router = ActorRefResolver.get(system).resolveActorRef(asker);
    String session =
        record.key() == null
            ? "~" + record.partition() + "-" + record.offset()
            : new String(record.key(), StandardCharsets.UTF_8);
    if (OPERATIONS.contains(request.getKind())) {
      push(
          router,
          event(request, session, 0, 0).setTurn(-1).setEnd(sessions.operate(request, session)));
      return;
    }
    String said =
        request.getMessagesCount() > 0
            ? request.getMessages(request.getMessagesCount() - 1).getContent()
            : request.getPrompt();
    if (request.getKind() == Kind.KIND_EMBED) {
      embed(request, session, said.isEmpty() ? 3 : said.split(" ").length, router);
      return;
    }
    if (said.startsWith("mute") && muted.isRepeat(request, session, asker)) {
      if (muted.isOpen(request)) {
        push(
            router,
            event(request, session, 0, 0).setStarted(Started.newBuilder().setTokensFrom(0)));
        return;
      }
      push(
          router,
          event(request, session, 0, 0)
              .setTurn(-1)
              .setEnd(End.newBuilder().setFinishReason("stop").setRepeatOf(7).setRepeatFrom(0)));
      return;
    }
    String[] words = said.split(" ");
    String what = words.length > 1 ? words[1] : "";
    switch (words[0]) {
      case "count" -> count(request, session, Integer.parseInt(what), router, false);
      case "twice" -> count(request, session, Integer.parseInt(what), router, true);
      case "pace" -> {
        start(request, session, router);
        pace(request, session, 0, Integer.parseInt(what), router);
      }
      case "hang" -> hang(request, session, Integer.parseInt(what), router);
      case "flood" -> flood(request, session, Integer.parseInt(what), router);
      case "anew" -> {
        sessions.beginAnew(session);
        push(router, event(request, session, 0, 0).setEnd(end("stop", 0)));
      }
      case "store" -> {
        sessions.store(request, session, Integer.parseInt(what));
        push(router, event(request, session, 0, 0).setEnd(end("stop", 0)));
      }
      case "mute", "muteslow", "mutehang", "mutetalk" ->
          muted.run(words[0], Integer.parseInt(what), request, session, record);
      case "fail" ->
          push(
              router,
              event(request, session, 0, 0)
                  .setEnd(
                      End.newBuilder()
                          .setFinishReason("error")
                          .setError(Failure.newBuilder().setCode(what).setMessage("so it goes"))));
      case "end" -> push(router, event(request, session, 0, 0).setEnd(end(what, 0)));
      case "silent" -> hanging.put(request.getRequestId(), new Open(request, router, session, 0));
      case "repeat" ->
          push(
              router,
              event(request, session, 0, 0)
                  .setTurn(-1)
                  .setEnd(End.newBuilder().setFinishReason("stop").setRepeatOf(3)));
      default -> over(request, session, router);
    }
  }

  private static void over(Request request, String session, ActorRef<TokenEvents> router) {
    for (int choice = 0; choice < Math.max(1, request.getChoices()); choice++) {
      push(router, event(request, session, choice, 0).setEnd(end("stop", 0)));
    }
  }

  /** A vector of 3 and 4 for the last token, of 6 and 8 for the mean. */
  private static void embed(
      Request request, String session, int tokens, ActorRef<TokenEvents> router) {
    float unit = request.getVector() == Vector.VECTOR_MEAN ? 2 : 1;
    push(
        router,
        event(request, session, 0, 0)
            .setEnd(
                End.newBuilder()
                    .setFinishReason("length")
                    .setUsage(Usage.newBuilder().setPromptTokens(tokens))
                    .addEmbedding(3 * unit)
                    .addEmbedding(4 * unit)));
  }

  private void count(
      Request request, String session, int n, ActorRef<TokenEvents> router, boolean disorder) {
    start(request, session, router);
    for (int i = 0; i < n; i++) {
      for (int choice = 0; choice < request.getChoices(); choice++) {
        if (disorder) {
          int swapped = (i ^ 1) < n ? i ^ 1 : i;
          push(router, token(request, session, choice, swapped, " " + swapped));
        }
        push(router, token(request, session, choice, i, " " + i));
      }
    }
    for (int choice = 0; choice < request.getChoices(); choice++) {
      push(router, event(request, session, choice, n).setEnd(end("length", n).setText("!")));
    }
  }

  private void hang(Request request, String session, int n, ActorRef<TokenEvents> router) {
    start(request, session, router);
    for (int i = 0; i < n; i++) {
      push(router, token(request, session, 0, i, " " + i));
    }
    hanging.put(request.getRequestId(), new Open(request, router, session, n));
  }

  private void obey(ConsumerRecord<byte[], byte[]> record, Control control) {
    if (control.hasAwait()) {
      muted.await(control.getRequestId(), control.getAwait().getRouter());
    } else {
      cancels.add(record);
      cancel(control);
    }
  }

  private void cancel(Control control) {
    Open open = hanging.remove(control.getRequestId());
    muted.cancel(control.getRequestId(), control.getCancel().getRouter());
    if (open != null) {
      push(
          open.router,
          event(open.request, open.session, 0, open.index).setEnd(end("cancelled", open.index)));
    }
  }

  private static void pace(
      Request request, String session, int from, int n, ActorRef<TokenEvents> router) {
    if (from == n) {
      push(router, event(request, session, 0, n).setEnd(end("length", n)));
      return;
    }
    push(router, token(request, session, 0, from, " " + from));
    CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS)
        .execute(() -> pace(request, session, from + 1, n, router));
  }

  private void flood(Request request, String session, int n, ActorRef<TokenEvents> router) {
    start(request, session, router);
    String text = "x".repeat(1024);
    for (int i = 0; i < n; i++) {
      push(router, token(request, session, 0, i, text));
    }
    push(router, event(request, session, 0, n).setEnd(end("length", n)));
  }

  private static void start(Request request, String session, ActorRef<TokenEvents> router) {
    push(
        router,
        event(request, session, 0, 0)
            .setStarted(
                Started.newBuilder()
                    .setAttempt(1)
                    .setModel(request.getModel())
                    .setPromptTokens(PROMPT_TOKENS)
                    .setNote(request.getNote())));
  }

  private static void push(ActorRef<TokenEvents> router, TokenEvent.Builder event) {
    router.tell(TokenEvents.newBuilder().addEvents(event).build());
  }

  static TokenEvent.Builder event(Request request, String session, int choice, int index) {
    return TokenEvent.newBuilder()
        .setSession(session)
        .setRequestId(request.getRequestId())
        .setTurn(7)
        .setChoice(choice)
        .setIndex(index)
        .setEpoch(1);
  }

  static TokenEvent.Builder token(
      Request request, String session, int choice, int index, String text) {
    Token.Builder token = Token.newBuilder().setId(100 + index).setText(text);
    if (request.hasLogprobs()) {
      token.setLogprob(-0.5f);
      for (int i = 0; i < request.getLogprobs(); i++) {
        token.addTopLogprobs(
            TopLogprob.newBuilder().setId(100 + index + i).setText("t" + i).setLogprob(-0.5f - i));
      }
    }
    return event(request, session, choice, index).setToken(token);
  }

  static End.Builder end(String reason, int tokens) {
    return End.newBuilder()
        .setFinishReason(reason)
        .setUsage(Usage.newBuilder().setPromptTokens(PROMPT_TOKENS).setCompletionTokens(tokens));
  }

  void close() throws Exception {
    consumer.wakeup();
    thread.join(5_000);
    producer.close();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
