package dev.skein.model.random;

import dev.skein.model.Architecture;
import dev.skein.model.file.DataType;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.Tensor;
import dev.skein.model.random.RandomRecipes.Recipe;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * An RWKV model of a published shape with random weights, for measurements where no model is at
 * hand. Every weight is a function of the seed, the tensor's name and its index; the scales are
 * those of trained models, so that activations and decays stay in their usual ranges. A tensor is
 * made, in bf16, each time it is asked for, and kept by nobody.
 */
public final class RandomWeights implements ModelFile {
  /** Rows of the embedding table of models with the World vocabulary. */
  private static final int WORLD = 65536;

  private static final SequencedMap<String, Shape> PUBLISHED = published();

  /**
   * The ranks of the low-rank products; 0 where the version has none.
   *
   * @param w of the decay, in RWKV-6 and 7
   * @param a and v and g: of the in-context rate, the value residual and the gate, in RWKV-7
   * @param mix of each of the five mixes of RWKV-6
   */
  public record Ranks(int w, int a, int v, int g, int mix) {
    /** Of the versions before RWKV-6. */
    public static final Ranks NONE = new Ranks(0, 0, 0, 0, 0);
  }

  /**
   * The dimensions to make weights for.
   *
   * @param headSize of no meaning in RWKV-4
   */
  public record Shape(
      Architecture architecture,
      int layers,
      int width,
      int headSize,
      int ffnWidth,
      int vocabulary,
      Ranks ranks) {

    /** A shape of RWKV-7. */
    public Shape(
        int layers,
        int width,
        int headSize,
        int ffnWidth,
        int vocabulary,
        int rankW,
        int rankA,
        int rankV,
        int rankG) {
      this(
          Architecture.V7,
          layers,
          width,
          headSize,
          ffnWidth,
          vocabulary,
          new Ranks(rankW, rankA, rankV, rankG, 0));
    }
  }

  private final String title;
  private final long seed;
  private final SequencedMap<String, Recipe> recipes;

  private RandomWeights(String title, Shape shape, long seed) {
    this.title = title;
    this.seed = seed;
    this.recipes = RandomRecipes.of(shape);
  }

  /**
   * Weights of a published shape, one of {@link #shapes}.
   *
   * @throws IllegalArgumentException for any other name
   */
  public static RandomWeights of(String shape, long seed) {
    Shape dimensions = PUBLISHED.get(shape);
    if (dimensions == null) {
      throw new IllegalArgumentException(
          "unknown shape '" + shape + "': use one of " + String.join(", ", shapes()));
    }
    return new RandomWeights("random " + shape, dimensions, seed);
  }

  /** The names of the published shapes: "rwkv7-0.1b". */
  public static List<String> shapes() {
    return List.copyOf(PUBLISHED.sequencedKeySet());
  }

  /** Weights of any shape. */
  public static RandomWeights of(Shape shape, long seed) {
    return new RandomWeights("random", shape, seed);
  }

  private static SequencedMap<String, Shape> published() {
    SequencedMap<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put("rwkv4-169m", four(12, 768));
    shapes.put("rwkv4-0.4b", four(24, 1024));
    shapes.put("rwkv4-1.5b", four(24, 2048));
    shapes.put("rwkv4-3b", four(32, 2560));
    shapes.put("rwkv4-7b", four(32, 4096));
    shapes.put("rwkv4-14b", four(40, 5120));
    shapes.put("rwkv5-0.4b", five(24, 1024));
    shapes.put("rwkv5-1.5b", five(24, 2048));
    shapes.put("rwkv5-3b", five(32, 2560));
    shapes.put("rwkv5-7b", five(32, 4096));
    shapes.put("rwkv6-1.6b", six(24, 2048, 64, 32));
    shapes.put("rwkv6-3b", six(32, 2560, 64, 32));
    shapes.put("rwkv6-7b", six(32, 4096, 128, 64));
    shapes.put("rwkv6-14b", six(61, 4096, 128, 64));
    shapes.put("rwkv7-0.1b", seven(12, 768, 64, 32, 128));
    shapes.put("rwkv7-0.4b", seven(24, 1024, 64, 32, 128));
    shapes.put("rwkv7-1.5b", seven(24, 2048, 96, 64, 256));
    shapes.put("rwkv7-2.9b", seven(32, 2560, 96, 64, 320));
    return shapes;
  }

  private static Shape four(int layers, int width) {
    return new Shape(Architecture.V4, layers, width, width, 4 * width, 50277, Ranks.NONE);
  }

  private static Shape five(int layers, int width) {
    return new Shape(Architecture.V5_2, layers, width, 64, narrow(width), WORLD, Ranks.NONE);
  }

  private static Shape six(int layers, int width, int rankW, int rankMix) {
    Ranks ranks = new Ranks(rankW, 0, 0, 0, rankMix);
    return new Shape(Architecture.V6, layers, width, 64, narrow(width), WORLD, ranks);
  }

  /** The channel mix of RWKV-5 and 6: 3.5 times the width, rounded down to 32. */
  private static int narrow(int width) {
    return width * 7 / 2 / 32 * 32;
  }

  private static Shape seven(int layers, int width, int rankWA, int rankV, int rankG) {
    return new Shape(layers, width, 64, 4 * width, WORLD, rankWA, rankWA, rankV, rankG);
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
