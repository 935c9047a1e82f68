package dev.skein.router.kafka;

import com.google.protobuf.ByteString;
import dev.skein.proto.Shards;
import dev.skein.proto.StateFile;
import dev.skein.proto.Topics;
import dev.skein.router.RouterOptions;
import dev.skein.router.sessions.SessionLog.UnavailableException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes exported sessions into {@code imports}, in records of the partition of the session's
 * shard, where its owner reads them. One at a time; the producer lives as long as one file takes.
 */
final class ImportPublisher implements AutoCloseable {
  private static final int CHUNK_BYTES = 512 * 1024;
  private static final int WAITING_MAX = 4;

  private final Properties settings = new Properties();
  private final Topics topics;
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          0,
          1,
          1,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(WAITING_MAX),
          Thread.ofPlatform().name("skein-imports").daemon().factory());

  ImportPublisher(RouterOptions options, Topics topics) {
    this.topics = topics;
    settings.putAll(options.client());
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, options.bootstrapServers());
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, "skein-imports-" + topics.pool());
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 5_000);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 25_000);
  }

  /**
   * Writes a file's chunks; where they lie is known when all are acknowledged.
   *
   * @param session that it is for
   * @param requestId of the request that will name it
   */
  CompletionStage<StateFile> write(String session, String requestId, byte[] file) {
    CompletableFuture<StateFile> done = new CompletableFuture<>();
    try {
      thread.execute(() -> {
        try {
          done.complete(written(session, requestId, file));
        } catch (ExecutionException e) {
          done.completeExceptionally(failed(e.getCause() == null ? e : e.getCause()));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          done.completeExceptionally(e);
        } catch (RuntimeException e) {
          done.completeExceptionally(failed(e));
        }
      });
    } catch (RejectedExecutionException e) {
      done.completeExceptionally(new UnavailableException("too many imports wait to be written"));
    }
    return done;
  }

  private static Throwable failed(Throwable cause) {
    return cause instanceof KafkaException
        ? new UnavailableException("Kafka failed: " + cause.getMessage())
        : cause;
  }

  private StateFile written(String session, String requestId, byte[] file)
      throws ExecutionException, InterruptedException {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      int shard = Shards.of(session, producer.partitionsFor(topics.imports()).size());
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int from = 0; from < file.length; from += CHUNK_BYTES) {
        String key = session + "/" + requestId + "/" + sent.size();
        byte[] chunk = Arrays.copyOfRange(file, from, Math.min(file.length, from + CHUNK_BYTES));
        sent.add(
            producer.send(
                new ProducerRecord<>(
                    topics.imports(), shard, key.getBytes(StandardCharsets.UTF_8), chunk)));
      }
      StateFile.Builder place =
          StateFile.newBuilder()
              .setBytes(file.length)
              .setDigest(ByteString.copyFrom(sha256().digest(file)));
      for (Future<RecordMetadata> chunk : sent) {
        place.addChunkOffsets(chunk.get().offset());
      }
      return place.build();
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256.", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
