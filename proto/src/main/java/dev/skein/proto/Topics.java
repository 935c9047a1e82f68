package dev.skein.proto;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The topics of one pool: {@code skein.<pool>.<name>}. All of them have the pool's number of shards
 * as partition count; {@link #MODELS} belongs to no pool and has one partition.
 *
 * @param pool lower-case letters, digits and hyphens, at most 64, beginning and ending with a
 *     letter or digit
 */
public record Topics(String pool) {

  /** Which pool serves what: key = {@link #cardKey}, value = {@link ModelCard}; compacted. */
  public static final String MODELS = "skein.models";

  /** Nodes of the cluster that find each other through Kafka; compacted, one partition. */
  public static final String MEMBERS = "skein.members";

  /** Pool of those who name none. */
  public static final String DEFAULT_POOL = "main";

  /** Number of shards of a pool made without saying how many. */
  public static final int DEFAULT_SHARDS = 16;

  /** More shards than this are refused. */
  public static final int SHARDS_MAX = 256;

  private static final Pattern NAME = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?");

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException with a sentence, if the name cannot be a pool's
   */
  public Topics {
    if (!NAME.matcher(pool).matches()) {
      throw new IllegalArgumentException(
          "A pool's name is 1 to 64 lower-case letters, digits and hyphens, with a letter or digit at both ends; \""
              + pool
              + "\" is not.");
    }
  }

  /** The topics of the default pool. */
  public static Topics main() {
    return new Topics(DEFAULT_POOL);
  }

  /** Key = session id, value = {@link Request}. */
  public String requests() {
    return name("requests");
  }

  /** Key = session id, value = {@link Control}: hints, never paused. */
  public String controls() {
    return name("controls");
  }

  /** Key = session id, value = {@link TokenEvent}. */
  public String tokens() {
    return name("tokens");
  }

  /** Key = session / slot / chunk, value = a chunk of a {@link Snapshot}. */
  public String states() {
    return name("states");
  }

  /**
   * Key = session id or {@link Wire#SHARD_KEY}, value = {@link Manifest} or {@link ShardRecord}.
   */
  public String manifests() {
    return name("manifests");
  }

  /** Key = session / turn, value = {@link Transcript}. */
  public String transcripts() {
    return name("transcripts");
  }

  /** Exported states on their way in, cut into records: see {@link StateFile}. */
  public String imports() {
    return name("imports");
  }

  /** Records that could not be used, as read, with the reason in headers. */
  public String deadLetters() {
    return name("dead-letters");
  }

  /** Every topic of the pool. */
  public List<String> all() {
    return List.of(
        requests(),
        controls(),
        tokens(),
        states(),
        manifests(),
        transcripts(),
        imports(),
        deadLetters());
  }

  /**
   * The {@code transactional.id} of a shard's one producer: whoever uses it fences everybody
   * before.
   */
  public String transactionalId(int shard) {
    return pool + "-shard-" + shard;
  }

  /**
   * Key of a model's card in {@link #MODELS}: its name if the pool is the default one, else pool
   * and name, so that two pools may serve models of one name.
   */
  public String cardKey(String model) {
    return pool.equals(DEFAULT_POOL) ? model : pool + "/" + model;
  }

  private String name(String topic) {
    return "skein." + pool + "." + topic;
  }
}
