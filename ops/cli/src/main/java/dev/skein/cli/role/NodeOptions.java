package dev.skein.cli.role;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.Logs;
import dev.skein.cli.cluster.Place;
import java.io.IOException;
import java.io.Reader;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a worker or a router stands: Kafka and the cluster. */
final class NodeOptions {
  @Option(
      names = "--kafka",
      paramLabel = "HOSTS",
      required = true,
      description = "Kafka's addresses, host:port,… (4.0 or newer).")
  String kafka = "";

  @Option(
      names = "--kafka-config",
      paramLabel = "FILE",
      description = "Properties for every Kafka client (security).")
  @Nullable Path kafkaConfig;

  @Option(
      names = "--bind",
      paramLabel = "H:P",
      defaultValue = "127.0.0.1:0",
      description =
          "Where the other nodes reach this one; port 0 takes a free one (default: ${DEFAULT-VALUE}).")
  String bind = "127.0.0.1:0";

  @Option(
      names = "--advertise",
      paramLabel = "H:P",
      description = "The address that other nodes are told; absent: that of --bind.")
  @Nullable String advertise;

  @Option(
      names = "--join",
      paramLabel = "H:P,…",
      description = {
        "Nodes of the cluster, any of which will do; the one that finds itself first there founds it.",
        "Absent: the nodes find each other through Kafka."
      })
  @Nullable String join;

  @Option(
      names = "--ops",
      paramLabel = "H:P",
      defaultValue = "127.0.0.1:0",
      description =
          "Address of health checks and metrics; port 0 takes a free one (default: ${DEFAULT-VALUE}).")
  String ops = "127.0.0.1:0";

  @Option(
      names = "--verbose",
      description = "Log everything to stderr; absent: warnings alone, to stderr.")
  boolean verbose;

  void logs() {
    if (verbose) {
      Logs.verbose();
    }
  }

  InetSocketAddress opsAddress() {
    return HostPort.loopback("--ops", ops).socket();
  }

  Place place(List<String> roles) {
    HostPort here = HostPort.loopback("--bind", bind);
    String told = advertise;
    HostPort known = told == null ? here : HostPort.parse("--advertise", told);
    return new Place(here.host(), here.port(), known.host(), known.port(), roles);
  }

  /** Nodes to join; empty: ask Kafka. */
  List<String> joined() {
    String given = join;
    return given == null
        ? List.of()
        : Arrays.stream(given.split(",", -1))
            .map(node -> HostPort.parse("--join", node.strip()).toString())
            .toList();
  }

  /** Properties of {@code --kafka-config} alone. */
  Properties security() {
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

  /** Properties of every Kafka client. */
  Properties client() {
    for (String server : kafka.split(",", -1)) {
      HostPort.parse("--kafka", server.strip());
    }
    Properties properties = security();
    properties.setProperty("bootstrap.servers", kafka);
    return properties;
  }
}
