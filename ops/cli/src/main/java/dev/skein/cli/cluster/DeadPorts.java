package dev.skein.cli.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that a process is dead while its machine lives: its end closes the connections to it, and
 * its port refuses new ones. Each node holds a {@link Line} to the next three of the ring of all
 * members and downs one that is gone; {@link ProcessDetector} takes such a one for unreachable.
 * What cannot be reached at all is left to the split-brain resolver.
 */
final class DeadPorts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DeadPorts.class);
  private static final int NEIGHBOURS = 3;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** What refuses now. Of the process, because Pekko makes the detectors that ask for it. */
  private static final Set<String> GONE = ConcurrentHashMap.newKeySet();

  private final Cluster cluster;
  private final Map<Address, Line> lines = new HashMap<>();
  private final Thread thread;
  private volatile boolean closed;

  private DeadPorts(Cluster cluster) {
    this.cluster = cluster;
    this.thread = Thread.ofPlatform().name("skein-dead-ports").daemon().unstarted(this::run);
  }

  static DeadPorts watch(ActorSystem<?> system) {
    DeadPorts ports = new DeadPorts(Cluster.get(system));
    ports.thread.start();
    return ports;
  }

  /** Whether the process at a member's address is known to be gone. */
  static boolean isGone(String address) {
    return GONE.contains(address);
  }

  private void run() {
    while (!closed) {
      List<Address> neighbours = neighbours();
      GONE.retainAll(members().map(member -> member.address().toString()).toList());
      lines
          .entrySet()
          .removeIf(entry -> {
            boolean isLeft = !neighbours.contains(entry.getKey());
            if (isLeft) {
              entry.getValue().close();
            }
            return isLeft;
          });
      neighbours.forEach(address -> lines.computeIfAbsent(address, this::line));
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    lines.values().forEach(Line::close);
  }

  private Line line(Address address) {
    return Line.to(
        address.getHost().orElse(""),
        address.getPort().orElse(0),
        isGone -> {
          if (!isGone) {
            GONE.remove(address.toString());
          } else if (GONE.add(address.toString())) {
            LOG.info("{} refuses connections: its process is gone", address);
            cluster.manager().tell(new Down(address));
          }
        });
  }

  private List<Address> neighbours() {
    Address self = cluster.selfMember().address();
    List<Address> ring =
        new ArrayList<>(
            members()
                .filter(DeadPorts::lives)
                .map(Member::address)
                .sorted(Comparator.comparing(Address::toString))
                .toList());
    int at = ring.indexOf(self);
    if (at < 0) {
      return List.of();
    }
    List<Address> next = new ArrayList<>();
    for (int i = 1; i <= NEIGHBOURS && i < ring.size(); i++) {
      next.add(ring.get((at + i) % ring.size()));
    }
    return next;
  }

  private Stream<Member> members() {
    return StreamSupport.stream(cluster.state().getMembers().spliterator(), false);
  }

  private static boolean lives(Member member) {
    MemberStatus status = member.status();
    return status.equals(MemberStatus.up())
        || status.equals(MemberStatus.weaklyUp())
        || status.equals(MemberStatus.joining());
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
