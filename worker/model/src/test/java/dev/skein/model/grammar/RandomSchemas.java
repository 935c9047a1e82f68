package dev.skein.model.grammar;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.SplittableRandom;

/** Schemas by chance, the same for the same seed: objects, two to four levels deep. */
public final class RandomSchemas {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final List<String> NAMES =
      List.of(
          "name", "größe", "年齢", "a b", "quote\"d", "items", "🪿", "x", "kind_of", "back\\slash");
  private static final List<String> PATTERNS =
      List.of(
          "^[a-z]{2,6}$",
          "^(red|green|blue)-[0-9]+$",
          "^[A-Z][a-z]*( [A-Z][a-z]*)?$",
          "[0-9]{3}",
          "^\\d{4}-\\d{2}$",
          "^[^\"]{1,4}$",
          "é+|ü",
          "^[\\w.]+@[a-z]+\\.(com|org)$");

  private final SplittableRandom random;
  private boolean refers;

  private RandomSchemas(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** The schema of a seed. */
  public static ObjectNode of(long seed) {
    RandomSchemas schemas = new RandomSchemas(seed);
    ObjectNode root = schemas.object(2 + schemas.random.nextInt(3));
    if (schemas.refers) {
      ObjectNode defs = root.putObject("$defs");
      defs.set("leaf", schemas.leaf());
      defs.set("chain", schemas.chain());
    }
    return root;
  }

  private boolean maybe() {
    return random.nextBoolean();
  }

  private ObjectNode typed(String type) {
    return NODES.objectNode().put("type", type);
  }

  private ObjectNode schema(int depth) {
    if (depth <= 1) {
      return leaf();
    }
    return switch (random.nextInt(8)) {
      case 0, 1, 2 -> object(depth);
      case 3, 4 -> array(depth);
      case 5 -> reference();
      case 6 -> oneOf(depth);
      default -> leaf();
    };
  }

  private ObjectNode reference() {
    refers = true;
    return NODES.objectNode().put("$ref", maybe() ? "#/$defs/leaf" : "#/$defs/chain");
  }

  /** A list that calls itself. */
  private ObjectNode chain() {
    ObjectNode chain = typed("object");
    chain.putObject("properties").set("value", leaf());
    chain.withObject("/properties").putObject("next").put("$ref", "#/$defs/chain");
    chain.putArray("required").add("value");
    return chain.put("additionalProperties", false);
  }

  private ObjectNode object(int depth) {
    ObjectNode object = typed("object");
    ObjectNode properties = object.putObject("properties");
    ArrayNode required = object.putArray("required");
    int first = random.nextInt(NAMES.size());
    int count = 2 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      String name = NAMES.get((first + 3 * i) % NAMES.size());
      properties.set(name, schema(depth - 1));
      if (i == 0 || maybe()) {
        required.add(name);
      }
    }
    if (maybe()) {
      object.put("additionalProperties", false);
    } else if (random.nextInt(4) == 0) {
      object.set("additionalProperties", leaf());
    }
    return object;
  }

  private ObjectNode array(int depth) {
    ObjectNode array = typed("array");
    int least = random.nextInt(3);
    array.put("minItems", least);
    if (maybe()) {
      array.put("maxItems", least + 1 + random.nextInt(4));
    }
    if (random.nextInt(4) == 0) {
      array.putArray("prefixItems").add(leaf()).add(leaf());
    }
    array.set("items", schema(depth - 1));
    return array;
  }

  private ObjectNode oneOf(int depth) {
    ObjectNode one = NODES.objectNode();
    ArrayNode branches = one.putArray(maybe() ? "oneOf" : "anyOf");
    for (String kind : List.of("cat", "dög")) {
      ObjectNode branch = object(depth - 1);
      branch.withObject("/properties").putObject("kind").put("const", kind);
      branch.withArray("/required").add("kind");
      branches.add(branch);
    }
    branches.add(typed("integer").put("minimum", 10));
    return one;
  }

  private ObjectNode leaf() {
    return switch (random.nextInt(9)) {
      case 0 -> range();
      case 1 -> typed("string").put("pattern", PATTERNS.get(random.nextInt(PATTERNS.size())));
      case 2 ->
          typed("string")
              .put("minLength", random.nextInt(4))
              .put("maxLength", 5 + random.nextInt(30));
      case 3 -> typed("string");
      case 4 -> words();
      case 5 -> typed("number");
      case 6 -> typed("number").put("minimum", -1.5).put("exclusiveMaximum", 99);
      case 7 -> typed("boolean");
      default -> {
        ObjectNode either = NODES.objectNode();
        either.putArray("type").add("integer").add("null");
        yield either;
      }
    };
  }

  private ObjectNode range() {
    int least = random.nextInt(-2000, 2000);
    return typed("integer").put("minimum", least).put("maximum", least + random.nextInt(1, 5000));
  }

  private ObjectNode words() {
    ObjectNode words = NODES.objectNode();
    words.putArray("enum").add("eins").add("zwölf").add(3).add(true).addNull().add("五");
    return words;
  }
}
