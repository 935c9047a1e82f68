package dev.skein.system.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Hosts that can be cut off from each other: network namespaces of Linux, joined by a bridge. Their
 * addresses are of the loopback range, since nodes listen nowhere else without being told to; each
 * namespace routes that part of it through the bridge.
 */
final class Network implements AutoCloseable {
  private static final String NOWHERE = "02:00:00:00:00:01";
  private static final long COMMAND_S_MAX = 10;

  /**
   * Where a process may run.
   *
   * @param through the command that becomes a process there
   */
  record Host(String address, List<String> through) {}

  private final String name;
  private final String prefix;
  private final Host brokers;
  private final List<Host> hosts = new ArrayList<>();

  private Network(String name, String prefix, Host brokers) {
    this.name = name;
    this.prefix = prefix;
    this.brokers = brokers;
  }

  /** Every process on the same host; nothing can be cut. */
  static Network ofOneHost() {
    return new Network("", "", new Host("127.0.0.1", List.of()));
  }

  /** Whether this process may make namespaces. */
  static boolean isPermitted() {
    String probe = "skein-probe-" + ProcessHandle.current().pid();
    boolean isMade = run("ip", "netns", "add", probe) == 0;
    return isMade && run("ip", "netns", "del", probe) == 0;
  }

  /** Makes as many hosts, beside that of the brokers, which is where this process runs. */
  static Network of(int hosts) {
    long pid = ProcessHandle.current().pid();
    String prefix = "127.%d.%d.".formatted(64 + pid % 128, pid / 128 % 256);
    Network network = new Network("sk" + pid, prefix, new Host(prefix + 1, List.of()));
    try {
      network.makeBridge();
      for (int i = 0; i < hosts; i++) {
        network.make(i);
      }
      return network;
    } catch (AssertionError e) {
      network.close();
      throw e;
    }
  }

  private void makeBridge() {
    ip("link", "add", name, "type", "bridge");
    must("sysctl", "-qw", "net.ipv4.conf." + name + ".route_localnet=1");
    ip("addr", "add", brokers.address() + "/24", "dev", name);
    ip("link", "set", name, "up");
    ip("route", "add", prefix + "0/24", "dev", name, "src", brokers.address(), "table", "local");
  }

  private void make(int number) {
    String space = name + "-" + number;
    Host host = new Host(prefix + (number + 2), List.of("ip", "netns", "exec", space));
    hosts.add(host);
    ip("netns", "add", space);
    ip("link", "add", name + "v" + number, "type", "veth", "peer", "name", "eth0", "netns", space);
    ip("link", "set", name + "v" + number, "master", name, "up");
    ip("-n", space, "link", "set", "lo", "up");
    in(host, "sysctl", "-qw", "net.ipv4.conf.eth0.route_localnet=1");
    in(host, "ip", "addr", "add", host.address() + "/24", "dev", "eth0");
    in(host, "ip", "link", "set", "eth0", "up");
    String source = host.address();
    in(host, "ip", "route", "add", prefix + "0/24", "dev", "eth0", "src", source, "table", "local");
  }

  Host brokers() {
    return brokers;
  }

  Host host(int number) {
    return hosts.isEmpty() ? brokers : hosts.get(number);
  }

  Host at(String address) {
    return hosts.stream()
        .filter(host -> host.address().equals(address))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no host at " + address));
  }

  /** What a host and the other ones say to each other is lost; it still reaches the brokers. */
  void cut(Host host) {
    others(host).forEach(other -> cut(host, other));
  }

  /** What two hosts say to each other is lost; all others hear both. */
  void cut(Host one, Host other) {
    lose(one, other);
    lose(other, one);
  }

  private static void lose(Host from, Host to) {
    in(from, "ip", "neigh", "replace", to.address(), "lladdr", NOWHERE, "dev", "eth0");
  }

  /** They hear each other again. */
  void heal(Host host) {
    others(host).forEach(other -> heal(host, other));
  }

  /** Two hosts hear each other again. */
  void heal(Host one, Host other) {
    in(one, "ip", "neigh", "del", other.address(), "dev", "eth0");
    in(other, "ip", "neigh", "del", one.address(), "dev", "eth0");
  }

  private List<Host> others(Host host) {
    List<Host> others = new ArrayList<>(hosts);
    others.remove(host);
    return others;
  }

  private static void in(Host host, String... command) {
    List<String> line = new ArrayList<>(host.through());
    line.addAll(List.of(command));
    must(line.toArray(String[]::new));
  }

  private static void ip(String... arguments) {
    List<String> line = new ArrayList<>(List.of("ip"));
    line.addAll(List.of(arguments));
    must(line.toArray(String[]::new));
  }

  private static void must(String... command) {
    if (run(command) != 0) {
      throw new AssertionError(String.join(" ", command) + " failed");
    }
  }

  private static int run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      byte[] said = process.getInputStream().readAllBytes();
      if (!process.waitFor(COMMAND_S_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return -1;
      }
      if (process.exitValue() != 0) {
        System.out.println(
            String.join(" ", command) + ": " + new String(said, StandardCharsets.UTF_8).strip());
      }
      return process.exitValue();
    } catch (IOException e) {
      return -1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    for (Host host : hosts) {
      run("ip", "netns", "del", host.through().getLast());
    }
    if (!name.isEmpty()) {
      run("ip", "link", "del", name);
    }
  }
}
