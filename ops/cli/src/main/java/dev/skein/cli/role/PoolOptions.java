package dev.skein.cli.role;

import dev.skein.cli.CommandFailure;
import dev.skein.proto.Topics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which pools a worker serves, and with which models. */
final class PoolOptions {
  @Option(
      names = "--pool",
      paramLabel = "NAME[=MODEL,…]",
      defaultValue = Topics.DEFAULT_POOL,
      description = {
        "A pool that is served, with its models, each spelled as after --model; may be repeated"
            + " (default: ${DEFAULT-VALUE}).",
        "A pool that names none gets those of --model. What two pools name alike is loaded once."
      })
  List<String> named = List.of();

  @Option(
      names = "--shards",
      paramLabel = "[POOL=]N",
      converter = ShardsConverter.class,
      description =
          "Shards of the pools, or of one, where this worker is the first to make them; fixed from"
              + " then on (default: 16).")
  List<Shards> shards = List.of();

  /**
   * A pool to serve.
   *
   * @param models as after {@code --model}, the default one first; empty: the bundled model
   */
  record Pool(Topics topics, int shards, List<String> models) {
    String name() {
      return topics.pool();
    }
  }

  /**
   * How many shards a pool has.
   *
   * @param pool empty for every pool of which nothing else is said
   */
  record Shards(String pool, int count) {}

  static final class ShardsConverter implements ITypeConverter<Shards> {
    @Override
    public Shards convert(String text) {
      int equals = text.indexOf('=');
      String count = text.substring(equals + 1);
      try {
        return new Shards(text.substring(0, Math.max(equals, 0)), Integer.parseInt(count));
      } catch (NumberFormatException e) {
        throw new TypeConversionException("'" + count + "' is not a number of shards");
      }
    }
  }

  /**
   * The pools in the order in which they were named.
   *
   * @param byDefault the models of pools that name none
   */
  List<Pool> pools(List<String> byDefault) {
    Map<String, List<String>> models = new LinkedHashMap<>();
    for (String given : named) {
      int equals = given.indexOf('=');
      String pool = equals < 0 ? given : given.substring(0, equals);
      if (models.put(pool, equals < 0 ? List.of() : models(given, equals + 1)) != null) {
        throw new CommandFailure("--pool " + pool + " is given twice; name each pool once.");
      }
    }
    checkDefault(models, byDefault);
    Map<String, Integer> counts = shardsOf(models);
    List<Pool> pools = new ArrayList<>();
    models.forEach((pool, own) ->
        pools.add(
            new Pool(
                new Topics(pool),
                counts.getOrDefault(pool, counts.getOrDefault("", Topics.DEFAULT_SHARDS)),
                own.isEmpty() ? byDefault : own)));
    return pools;
  }

  private static List<String> models(String given, int from) {
    List<String> models = Arrays.asList(given.substring(from).split(",", -1));
    if (models.stream().anyMatch(String::isBlank)) {
      throw new CommandFailure("--pool " + given + " names a model that is empty.");
    }
    return models;
  }

  private static void checkDefault(Map<String, List<String>> models, List<String> byDefault) {
    List<String> without =
        models.keySet().stream()
            .filter(pool -> models.getOrDefault(pool, List.of()).isEmpty())
            .toList();
    if (without.isEmpty() && !byDefault.isEmpty()) {
      throw new CommandFailure(
          "--model is for pools that name no model of their own, and all of these do.");
    }
    if (models.size() > 1 && !without.isEmpty() && byDefault.isEmpty()) {
      throw new CommandFailure(
          "Pool %s has no model: give it one with --pool %s=MODEL, or --model to all that name none."
              .formatted(without.getFirst(), without.getFirst()));
    }
  }

  private Map<String, Integer> shardsOf(Map<String, List<String>> models) {
    Map<String, Integer> counts = new HashMap<>();
    for (Shards of : shards) {
      if (!of.pool().isEmpty() && !models.containsKey(of.pool())) {
        throw new CommandFailure(
            "--shards %s=%d is of no pool that is served here.".formatted(of.pool(), of.count()));
      }
      if (counts.put(of.pool(), of.count()) != null) {
        throw new CommandFailure("--shards is given twice for the same pools.");
      }
    }
    return counts;
  }
}
