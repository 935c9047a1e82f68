package dev.skein.cli.cluster;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where nodes that know nothing of each other leave word: each says every two seconds that it
 * lives, and whoever makes a new cluster says so before it does. A founding is fenced: of several
 * that found at the same time one succeeds. For one thread.
 */
public interface MemberBoard extends AutoCloseable {

  /** How a node stands to its cluster. */
  enum Standing {
    /** In none, and on no way into one. */
    ALONE,
    /** On its way in. */
    JOINING,
    /** In. */
    MEMBER
  }

  /**
   * What a node says.
   *
   * @param address {@code host:port} of the node
   * @param generation of its cluster, rising with every founding; 0 if none
   */
  record Beat(String address, Standing standing, long generation) {}

  /**
   * Who made the newest cluster.
   *
   * @param fresh whether that was a moment ago, or the founder lives
   */
  record Founder(String address, long generation, boolean fresh) {}

  /**
   * What the board shows.
   *
   * @param nodes other nodes that were heard a moment ago
   */
  record View(List<Beat> nodes, @Nullable Founder founder) {}

  /** Says a word about this node, and reads what the others have said. */
  View exchange(Standing standing, long generation);

  /**
   * Founds a new cluster, unless somebody did a moment ago.
   *
   * @return the founder that counts: this node, or the other one; null if it is not known, to be
   *     tried again
   */
  @Nullable Founder found();

  /** Takes this node's word back. */
  @Override
  void close();
}
