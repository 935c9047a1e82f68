package dev.skein.cli.kafka;

import dev.skein.cli.CommandFailure;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;

/** What a foreign Kafka is like, before anything is made there. */
public final class KafkaSite {
  private static final short COPIES = 3;
  private static final long LOOK_EVERY_NANOS = 200_000_000;
  private static final int ANSWER_MS = 15_000;

  private KafkaSite() {}

  /**
   * Copies of each partition of the topics that are made there: three where three brokers exist,
   * else one. Brokers that start together come one by one, and a topic keeps the copies that it was
   * made with: so as many brokers are waited for as the address names, three at most.
   *
   * @param client with {@code bootstrap.servers}
   * @throws CommandFailure if Kafka does not answer, or not enough brokers come
   */
  public static short replication(Properties client, Duration patience) {
    String servers = client.getProperty("bootstrap.servers");
    int named = Math.min(COPIES, servers.split(",", -1).length);
    long deadline = System.nanoTime() + patience.toNanos();
    int found = 0;
    Properties settings = new Properties();
    settings.putAll(client);
    settings.setProperty("default.api.timeout.ms", Integer.toString(ANSWER_MS));
    settings.setProperty("request.timeout.ms", Integer.toString(ANSWER_MS));
    try (Admin admin = Admin.create(settings)) {
      while (System.nanoTime() < deadline) {
        found = brokers(admin);
        if (found >= named && found > 0) {
          return found >= COPIES ? COPIES : 1;
        }
        LockSupport.parkNanos(LOOK_EVERY_NANOS);
      }
    } catch (KafkaException e) {
      throw new CommandFailure("Kafka cannot be used: " + e.getMessage(), e);
    }
    throw new CommandFailure(
        found == 0
            ? "Kafka at %s did not answer within %d s: is it running there?"
                .formatted(servers, patience.toSeconds())
            : "--kafka names %d brokers, and only %d came within %d s: name those that exist"
                .formatted(named, found, patience.toSeconds()));
  }

  private static int brokers(Admin admin) {
    try {
      return admin.describeCluster().nodes().get(ANSWER_MS, TimeUnit.MILLISECONDS).size();
    } catch (ExecutionException | TimeoutException e) {
      return 0; // not yet
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }
}
