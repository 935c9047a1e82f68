package dev.skein.store;

import java.util.UUID;

/**
 * An acquisition of a shard that has not come about yet. An owner that gives its shard back to one
 * that is known commits the next epoch on its behalf, so that it may write at once. Nobody else may
 * use that epoch, and nobody twice: a later acquisition of the same process is another heir.
 *
 * @param address of its process, for people
 * @param id never given twice; empty: nothing can be left to it
 */
public record Heir(String address, String id) {

  /** The shard is left to whoever comes. */
  public static final Heir NOBODY = new Heir("", "");

  /** An acquisition that begins now. */
  public static Heir at(String address) {
    return new Heir(address, UUID.randomUUID().toString());
  }

  /** Whether something can be left to it. */
  boolean isKnown() {
    return !id.isEmpty();
  }
}
