package dev.skein.model.random;

import dev.skein.model.Architecture;
import dev.skein.model.random.RandomWeights.Shape;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** The tensors of a shape, and from which range the weights of each are taken. */
final class RandomRecipes {

  /** Bell-shaped around {@code center}, as wide as the even distribution to either side of it. */
  @SuppressWarnings("ArrayRecordComponent") // a holder, never compared
  record Recipe(double center, double spread, long... shape) {}

  private final Shape shape;
  private final SequencedMap<String, Recipe> recipes = new LinkedHashMap<>();

  private RandomRecipes(Shape shape) {
    this.shape = shape;
  }

  /** By tensor name. */
  static SequencedMap<String, Recipe> of(Shape shape) {
    RandomRecipes recipes = new RandomRecipes(shape);
    recipes.describe();
    return recipes.recipes;
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
      describeChannelMix(block + ".ffn.");
    }
    norm("ln_out");
    uniform("head.weight", 2 * fan(c), shape.vocabulary(), c);
  }

  private void describeChannelMix(String ffn) {
    int c = shape.width();
    switch (shape.architecture()) {
      case V4, V5_0, V5_1, V5_2 -> mixes(ffn + "time_mix_", "k", "r");
      case V6 -> mixes(ffn + "time_maa_", "k", "r");
      case V7 -> mixes(ffn + "x_", "k");
    }
    uniform(ffn + "key.weight", fan(c), shape.ffnWidth(), c);
    uniform(ffn + "value.weight", 0.5 * fan(shape.ffnWidth()), c, shape.ffnWidth());
    if (shape.architecture() != Architecture.V7) {
      uniform(ffn + "receptance.weight", fan(c), c, c);
    }
  }

  private void describeTimeMix(String att, int layer) {
    switch (shape.architecture()) {
      case V4 -> describe4(att);
      case V5_0, V5_1, V5_2 -> describe5(att);
      case V6 -> describe6(att);
      case V7 -> describe7(att, layer);
    }
    for (String name : new String[] {"receptance", "key", "value", "output"}) {
      uniform(att + name + ".weight", fan(shape.width()), shape.width(), shape.width());
    }
    if (shape.architecture() != Architecture.V4) {
      norm(att + "ln_x");
    }
  }

  private void describe4(String att) {
    mixes(att + "time_mix_", "k", "v", "r");
    put(att + "time_decay", -1, 3, shape.width());
    put(att + "time_first", -0.5, 1, shape.width());
  }

  private void describe5(String att) {
    long heads = shape.width() / shape.headSize();
    mixes(att + "time_mix_", "k", "v", "r");
    if (shape.architecture() != Architecture.V5_0) {
      mixes(att + "time_mix_", "g");
      uniform(att + "gate.weight", fan(shape.width()), shape.width(), shape.width());
    }
    if (shape.architecture() == Architecture.V5_2) {
      put(att + "time_decay", -2, 3, heads, shape.headSize());
      put(att + "time_faaaa", 0.5, 0.5, heads, shape.headSize());
    } else {
      put(att + "time_decay", -2, 3, heads);
      put(att + "time_first", -1, 0.5, heads);
    }
  }

  private void describe6(String att) {
    int c = shape.width();
    int mix = shape.ranks().mix();
    mixes(att + "time_maa_", "x", "w", "k", "v", "r", "g");
    uniform(att + "time_maa_w1", 0.5 * fan(c), c, 5L * mix);
    uniform(att + "time_maa_w2", 0.3 * fan(mix), 5, mix, c);
    put(att + "time_decay", -2, 3, 1, 1, c);
    uniform(att + "time_decay_w1", 0.5 * fan(c), c, shape.ranks().w());
    uniform(att + "time_decay_w2", 0.5 * fan(shape.ranks().w()), shape.ranks().w(), c);
    put(att + "time_faaaa", 0.5, 0.5, c / shape.headSize(), shape.headSize());
    uniform(att + "gate.weight", fan(c), c, c);
  }

  private void describe7(String att, int layer) {
    int c = shape.width();
    RandomWeights.Ranks ranks = shape.ranks();
    mixes(att + "x_", "r", "w", "k", "v", "a", "g");
    lora(att, "w", -3, 3, ranks.w());
    lora(att, "a", 0, 1, ranks.a());
    if (layer > 0) {
      lora(att, "v", 1, 0.5, ranks.v());
    }
    uniform(att + "g1", 0.5 * fan(c), c, ranks.g());
    uniform(att + "g2", 2 * fan(ranks.g()), ranks.g(), c);
    put(att + "k_k", 0.8, 0.2, 1, 1, c);
    put(att + "k_a", 1, 0.1, 1, 1, c);
    uniform(att + "r_k", 0.2, c / shape.headSize(), shape.headSize());
  }

  private void mixes(String prefix, String... inputs) {
    for (String input : inputs) {
      put(prefix + input, 0.5, 0.5, 1, 1, shape.width());
    }
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
}
