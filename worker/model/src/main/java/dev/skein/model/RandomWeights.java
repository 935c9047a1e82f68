package dev.skein.model;

import dev.skein.model.file.DataType;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * An RWKV-7 model of a published shape with random weights, for measurements where no model is at
 * hand. Every weight is a function of the seed, the tensor's name and its index; the scales are
 * those of trained models, so that activations and decays stay in their usual ranges. A tensor is
 * made, in bf16, each time it is asked for, and kept by nobody.
 */
public final class RandomWeights implements ModelFile {

  /**
   * The dimensions to make weights for.
   *
   * @param rankW and so on: of the low-rank products
   */
  public record Shape(
      int layers,
      int width,
      int headSize,
      int ffnWidth,
      int vocabulary,
      int rankW,
      int rankA,
      int rankV,
      int rankG) {}

  /** Bell-shaped around {@code center}, as wide as the even distribution to either side of it. */
  @SuppressWarnings("ArrayRecordComponent") // a holder, never compared
  private record Recipe(double center, double spread, long... shape) {}

  private final String title;
  private final Shape shape;
  private final long seed;
  private final SequencedMap<String, Recipe> recipes = new LinkedHashMap<>();

  private RandomWeights(String title, Shape shape, long seed) {
    this.title = title;
    this.shape = shape;
    this.seed = seed;
    describe();
  }

  /**
   * Weights of a published shape, "rwkv7-0.1b" or "rwkv7-0.4b".
   *
   * @throws IllegalArgumentException for any other name
   */
  public static RandomWeights of(String shape, long seed) {
    Shape dimensions =
        switch (shape) {
          case "rwkv7-0.1b" -> new Shape(12, 768, 64, 3072, 65536, 64, 64, 32, 128);
          case "rwkv7-0.4b" -> new Shape(24, 1024, 64, 4096, 65536, 64, 64, 32, 128);
          default ->
              throw new IllegalArgumentException(
                  "unknown shape '" + shape + "': use rwkv7-0.1b or rwkv7-0.4b");
        };
    return new RandomWeights("random " + shape, dimensions, seed);
  }

  /** Weights of any shape. */
  public static RandomWeights of(Shape shape, long seed) {
    return new RandomWeights("random", shape, seed);
  }

  private void describe() {
    int c = shape.width();
    uniform("emb.weight", 0.5, shape.vocabulary(), c);
    norm("blocks.0.ln0");
    for (int i = 0; i < shape.layers(); i++) {
      String block = "blocks." + i;
      norm(block + ".ln1");
      norm(block + ".ln2");
      describeTimeMix(block + ".att.", i);
      put(block + ".ffn.x_k", 0.5, 0.5, 1, 1, c);
      uniform(block + ".ffn.key.weight", fan(c), shape.ffnWidth(), c);
      uniform(block + ".ffn.value.weight", 0.5 * fan(shape.ffnWidth()), c, shape.ffnWidth());
    }
    norm("ln_out");
    uniform("head.weight", 2 * fan(c), shape.vocabulary(), c);
  }

  private void describeTimeMix(String att, int layer) {
    int c = shape.width();
    for (String input : new String[] {"r", "w", "k", "v", "a", "g"}) {
      put(att + "x_" + input, 0.5, 0.5, 1, 1, c);
    }
    lora(att, "w", -3, 3, shape.rankW());
    lora(att, "a", 0, 1, shape.rankA());
    if (layer > 0) {
      lora(att, "v", 1, 0.5, shape.rankV());
    }
    uniform(att + "g1", 0.5 * fan(c), c, shape.rankG());
    uniform(att + "g2", 2 * fan(shape.rankG()), shape.rankG(), c);
    put(att + "k_k", 0.8, 0.2, 1, 1, c);
    put(att + "k_a", 1, 0.1, 1, 1, c);
    uniform(att + "r_k", 0.2, c / shape.headSize(), shape.headSize());
    for (String name : new String[] {"receptance", "key", "value", "output"}) {
      uniform(att + name + ".weight", fan(c), c, c);
    }
    norm(att + "ln_x");
  }

  private void lora(String att, String name, double base, double spread, int rank) {
    put(att + name + "0", base, spread, 1, 1, shape.width());
    uniform(att + name + "1", 0.5 * fan(shape.width()), shape.width(), rank);
    uniform(att + name + "2", 0.5 * fan(rank), rank, shape.width());
  }

  /** The spread that keeps the size of a vector through a product with so many inputs. */
  private static double fan(int inputs) {
    return Math.sqrt(3.0 / inputs);
  }

  private void norm(String name) {
    put(name + ".weight", 1, 0.1, shape.width());
    put(name + ".bias", 0, 0.1, shape.width());
  }

  private void uniform(String name, double spread, long... dimensions) {
    put(name, 0, spread, dimensions);
  }

  private void put(String name, double center, double spread, long... dimensions) {
    recipes.put(name, new Recipe(center, spread, dimensions));
  }

  @Override
  public String format() {
    return "random";
  }

  @Override
  public Path path() {
    return Path.of(title);
  }

  @Override
  public SequencedSet<String> names() {
    return recipes.sequencedKeySet();
  }

  @Override
  public @Nullable Tensor find(String name) {
    Recipe recipe = recipes.get(name);
    if (recipe == null) {
      return null;
    }
    long elements = 1;
    for (long d : recipe.shape()) {
      elements = Math.multiplyExact(elements, d);
    }
    short[] values = new short[Math.toIntExact(elements)];
    fill(values, mix(seed ^ name.hashCode() * 0x9E3779B97F4A7C15L), recipe);
    return Tensor.of(name, DataType.BF16, recipe.shape(), MemorySegment.ofArray(values));
  }

  /** Two weights, each the sum of four random bytes, from each value of the counter. */
  private static void fill(short[] out, long key, Recipe recipe) {
    float center = (float) recipe.center();
    float unit = (float) (recipe.spread() * 0x1p-8);
    for (int i = 0; i < out.length; i++) {
      long bits = mix(key + (i >> 1));
      int half = (int) ((i & 1) == 0 ? bits : bits >>> 32);
      int bell = (byte) half + (byte) (half >> 8) + (byte) (half >> 16) + (byte) (half >> 24);
      out[i] = (short) (Float.floatToRawIntBits(center + bell * unit) >>> 16);
    }
  }

  /** The finaliser of SplitMix64. */
  private static long mix(long z) {
    long x = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
    return x ^ (x >>> 31);
  }

  /** Nothing is open. */
  @Override
  public void close() {}
}
