package dev.skein.cli.serve;

import dev.skein.cli.CommandFailure;
import java.io.IOException;
import java.io.Reader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Where a process of all roles stands: ports, data, Kafka. Shared by {@code up} and {@code chat}.
 */
public final class ServeOptions {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Folder of the embedded broker's log and of our own logs; survives a restart (default:"
              + " .skein/data in the checkout).")
  @Nullable Path data;

  @Option(
      names = "--port",
      paramLabel = "P",
      defaultValue = "8080",
      description =
          "Port of the HTTP API on the loopback interface; 0 takes a free one (default:"
              + " ${DEFAULT-VALUE}).")
  int port = 8080;

  @Option(
      names = "--kafka-port",
      paramLabel = "P",
      defaultValue = "9092",
      description =
          "Port of the embedded broker on the loopback interface; 0 takes a free one (default:"
              + " ${DEFAULT-VALUE}).")
  int kafkaPort = 9092;

  @Option(
      names = "--kafka",
      paramLabel = "HOSTS",
      description = "Use this Kafka (host:port,…) instead of an embedded broker.")
  @Nullable String kafka;

  @Option(
      names = "--kafka-config",
      paramLabel = "FILE",
      description = "Properties for every Kafka client (security).")
  @Nullable Path kafkaConfig;

  @Mixin SecurityOptions security;

  @Option(
      names = "--ops",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:0",
      description =
          "Address of health checks and metrics, loopback only; port 0 takes a free one (default:"
              + " ${DEFAULT-VALUE}).")
  String ops = "127.0.0.1:0";

  @Mixin SessionOptions sessions = new SessionOptions();

  /** The folder that holds everything. */
  Path dataFolder() {
    Path given = data;
    return given != null ? given : Path.of(System.getProperty("skein.home", "."), ".skein", "data");
  }

  /** All of it, checked. */
  public SkeinProcess.Settings settings() {
    return new SkeinProcess.Settings(
        dataFolder(),
        kafka,
        kafkaPort,
        clientProperties(),
        port,
        opsAddress(),
        security.security(),
        sessions.keeping(),
        sessions.lifetimes(),
        sessions.states());
  }

  private Properties clientProperties() {
    Properties properties = new Properties();
    Path file = kafkaConfig;
    if (file != null) {
      try (Reader in = Files.newBufferedReader(file)) {
        properties.load(in);
      } catch (IOException e) {
        throw new CommandFailure("cannot read --kafka-config " + file + ": " + e, e);
      }
    }
    return properties;
  }

  /**
   * The address of {@code --ops}. Nobody is asked for a key there, so only this machine may come.
   */
  private InetSocketAddress opsAddress() {
    int colon = ops.lastIndexOf(':');
    try {
      InetAddress host = InetAddress.getByName(ops.substring(0, Math.max(colon, 0)));
      int number = Integer.parseInt(ops.substring(colon + 1));
      if (colon > 0 && host.isLoopbackAddress() && number >= 0 && number <= 65_535) {
        return new InetSocketAddress(host, number);
      }
    } catch (UnknownHostException | NumberFormatException e) {
      throw new CommandFailure("--ops must be HOST:PORT, and is '" + ops + "'", e);
    }
    throw new CommandFailure(
        "--ops must be an address of the loopback interface such as 127.0.0.1:9464, and is '"
            + ops
            + "'");
  }
}
