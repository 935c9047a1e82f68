package dev.skein.model.dialect;

import static dev.skein.model.dialect.Transforms.each;
import static dev.skein.model.dialect.Transforms.innerTransposed;
import static dev.skein.model.dialect.Transforms.part;
import static dev.skein.model.dialect.Transforms.row;
import static dev.skein.model.dialect.Transforms.transposed;
import static dev.skein.model.dialect.Transforms.trimmed;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The {@code .bin} of rwkv.cpp: BlinkDL's names, but vectors without the dimensions of one, heads
 * as [H, N, 1], low-rank factors transposed, the mixing vectors of RWKV-7 stacked, and the decays
 * of RWKV-4 and 5 as they are used instead of as they were trained. What rwkv.cpp calls 5.1 is our
 * 5.0 and its 5.2 our 5.1 and 5.2; only the tensors count here.
 */
final class RwkvCppDialect {
  private static final String ATT = "blocks.{i}.att.";
  private static final String FFN = "blocks.{i}.ffn.";

  private RwkvCppDialect() {}

  /**
   * The file under BlinkDL's names and shapes.
   *
   * @throws ModelFormatException if its header contradicts its tensors, or a decay is none
   */
  static ModelFile translate(ModelFile file) throws ModelFormatException {
    ModelFile translated = of(file).translate(file);
    Claims claims = new Claims(file);
    claims.layers(translated, "n_layer");
    claims.size(translated, "n_vocab", "emb.weight", 0);
    claims.size(translated, "n_embed", "emb.weight", 1);
    requireNumbers(translated);
    return translated;
  }

  /** The dialect of that file, which has a table for each version. */
  static Dialect of(ModelFile file) {
    if (file.find("blocks.0.att.r_k") != null) {
      return seven();
    }
    if (file.find("blocks.0.att.time_maa_x") != null) {
      return six();
    }
    return file.find("blocks.0.att.ln_x.weight") != null ? five() : four();
  }

  static Dialect four() {
    List<Rule> rules = new ArrayList<>();
    mixes(rules, ATT, "time_mix_", "kvr");
    mixes(rules, FFN, "time_mix_", "kr");
    rules.add(Rule.of(ATT + "time_decay", ATT + "time_decay", each(RwkvCppDialect::trainedDecay4)));
    return new Dialect("rwkv.cpp RWKV-4", rules);
  }

  static Dialect five() {
    List<Rule> rules = new ArrayList<>();
    mixes(rules, ATT, "time_mix_", "kvrg");
    mixes(rules, FFN, "time_mix_", "kr");
    rules.add(
        Rule.of(
            ATT + "time_decay",
            ATT + "time_decay",
            trimmed(),
            each(RwkvCppDialect::trainedDecay5)));
    rules.add(
        Rule.of(
            ATT + "time_first", ATT + "time_first", trimmed(), each(RwkvCppDialect::logarithm)));
    rules.add(Rule.of(ATT + "time_faaaa", ATT + "time_faaaa", trimmed()));
    return new Dialect("rwkv.cpp RWKV-5", rules);
  }

  static Dialect six() {
    List<Rule> rules = new ArrayList<>();
    mixes(rules, ATT, "time_maa_", "xwkvrg");
    mixes(rules, FFN, "time_maa_", "kr");
    rules.add(Rule.of(ATT + "time_maa_w1", ATT + "time_maa_w1", transposed()));
    rules.add(Rule.of(ATT + "time_maa_w2", ATT + "time_maa_w2", innerTransposed()));
    rules.add(Rule.of(ATT + "time_decay", ATT + "time_decay", row()));
    rules.add(Rule.of(ATT + "time_decay_w1", ATT + "time_decay_w1", transposed()));
    rules.add(Rule.of(ATT + "time_decay_w2", ATT + "time_decay_w2", transposed()));
    rules.add(Rule.of(ATT + "time_faaaa", ATT + "time_faaaa", trimmed()));
    return new Dialect("rwkv.cpp RWKV-6", rules);
  }

  static Dialect seven() {
    List<Rule> rules = new ArrayList<>();
    String kinds = "rwkvag";
    for (int k = 0; k < kinds.length(); k++) {
      rules.add(
          Rule.of(ATT + "x_" + kinds.charAt(k), ATT + "x_rwkvag", part(k, kinds.length()), row()));
    }
    for (String kind : List.of("w", "a", "v", "g")) {
      rules.add(Rule.of(ATT + kind + "1", ATT + kind + "1", transposed()));
      rules.add(Rule.of(ATT + kind + "2", ATT + kind + "2", transposed()));
    }
    return new Dialect("rwkv.cpp RWKV-7", rules);
  }

  private static void mixes(List<Rule> rules, String where, String prefix, String kinds) {
    for (int k = 0; k < kinds.length(); k++) {
      String name = where + prefix + kinds.charAt(k);
      rules.add(Rule.of(name, name, row()));
    }
  }

  /**
   * From {@code x = -exp(d)} back to d; for the limits of a float a d for which the engine computes
   * exactly them.
   */
  static float trainedDecay4(float x) {
    if (x == 0) {
      return -120;
    }
    return x == Float.NEGATIVE_INFINITY ? 90 : (float) Math.log(-(double) x);
  }

  /**
   * From {@code x = exp(-exp(d))} back to d; for the limits 0 and 1 a d for which the engine
   * computes exactly them.
   */
  static float trainedDecay5(float x) {
    if (x == 0) {
      return 5;
    }
    return x == 1 ? -20 : (float) Math.log(-Math.log(x));
  }

  /** From {@code x = exp(t)} back to t; for 0 a t whose exponential is 0. */
  static float logarithm(float x) {
    return x == 0 ? -120 : (float) Math.log(x);
  }

  /** A decay outside its range has no logarithm: no converter writes one. */
  private static void requireNumbers(ModelFile file) throws ModelFormatException {
    for (String name : file.names()) {
      if (name.endsWith(".att.time_decay") || name.endsWith(".att.time_first")) {
        Tensor tensor = file.require(name);
        if (tensor.firstNonFinite() >= 0) {
          throw ModelFormatException.damaged(
              file.path(), "tensor '" + tensor + "' holds what cannot be a decay");
        }
      }
    }
  }
}
