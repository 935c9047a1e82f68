package dev.skein.router;

import dev.skein.proto.Topics;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;

/**
 * Where a router stands.
 *
 * @param bootstrapServers Kafka's addresses, {@code host:port,…}
 * @param client further properties of every Kafka client (security); not changed by the router
 * @param pools the pools whose models it serves; what names no model goes to the first one
 * @param host address to listen on; one that is not loopback needs API keys
 * @param port port to listen on; 0 takes a free one
 * @param security API keys and TLS
 * @param limits what it bounds
 */
public record RouterOptions(
    String bootstrapServers,
    Properties client,
    List<String> pools,
    String host,
    int port,
    RouterSecurity security,
    RouterLimits limits) {

  public RouterOptions {
    pools = pools.stream().map(pool -> new Topics(pool).pool()).toList();
    if (pools.isEmpty() || new HashSet<>(pools).size() < pools.size()) {
      throw new IllegalArgumentException(
          "A router serves one pool or several, each named once; not "
              + String.join(", ", pools)
              + ".");
    }
  }

  /** The pool {@code main} on 127.0.0.1:8080 with the default limits. */
  public static RouterOptions of(String bootstrapServers) {
    return new RouterOptions(
        bootstrapServers,
        new Properties(),
        List.of(Topics.DEFAULT_POOL),
        "127.0.0.1",
        8080,
        RouterSecurity.NONE,
        RouterLimits.defaults());
  }

  public RouterOptions withClient(Properties client) {
    return new RouterOptions(bootstrapServers, client, pools, host, port, security, limits);
  }

  public RouterOptions withPools(List<String> pools) {
    return new RouterOptions(bootstrapServers, client, pools, host, port, security, limits);
  }

  public RouterOptions withHttp(String host, int port) {
    return new RouterOptions(bootstrapServers, client, pools, host, port, security, limits);
  }

  public RouterOptions withLimits(RouterLimits limits) {
    return new RouterOptions(bootstrapServers, client, pools, host, port, security, limits);
  }

  public RouterOptions withSecurity(RouterSecurity security) {
    return new RouterOptions(bootstrapServers, client, pools, host, port, security, limits);
  }
}
