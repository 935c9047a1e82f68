package dev.skein.model.dialect;

import static dev.skein.model.dialect.Transforms.innerTransposed;
import static dev.skein.model.dialect.Transforms.part;
import static dev.skein.model.dialect.Transforms.row;
import static dev.skein.model.dialect.Transforms.rowsOf;
import static dev.skein.model.dialect.Transforms.scaledUp;
import static dev.skein.model.dialect.Transforms.transposed;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import java.util.ArrayList;
import java.util.List;

/**
 * RWKV-6 and RWKV-7 as llama.cpp keeps them in GGUF: names of its own, low-rank factors transposed,
 * the mixing vectors of a layer stacked in one tensor, vectors without the dimensions of one, r_k
 * flat, and in RWKV-6 the outputs of deep layers divided by a power of two.
 */
final class GgufDialect {
  private static final String SIX = "rwkv6";
  private static final String SEVEN = "rwkv7";
  private static final String LAYER = "blocks.{i}.";
  private static final String ATT = LAYER + "att.";
  private static final String FFN = LAYER + "ffn.";
  private static final String BLK = "blk.{i}.";
  private static final String MIX = BLK + "time_mix_";

  private GgufDialect() {}

  /**
   * The file under BlinkDL's names and shapes.
   *
   * @throws ModelFormatException if it is no RWKV-6 or RWKV-7, or its metadata contradict its
   *     tensors
   */
  static ModelFile translate(ModelFile file) throws ModelFormatException {
    Claims claims = new Claims(file);
    ModelFile translated = of(claims).translate(file);
    check(claims, translated);
    return translated;
  }

  /** The dialect of that file; two numbers of it are in the metadata. */
  static Dialect of(Claims claims) throws ModelFormatException {
    String architecture = claims.text("general.architecture");
    return switch (architecture) {
      case SIX -> six(claims.whole("rwkv6.rescale_every_n_layers", 0));
      case SEVEN -> {
        claims.divides("rwkv7.wkv.head_size", "rwkv7.embedding_length");
        yield seven(claims.whole("rwkv7.wkv.head_size", 64));
      }
      case "rwkv6qwen2", "arwkv7" ->
          throw claims.refused(
              "a hybrid of RWKV and Qwen (architecture '" + architecture + "'), not supported",
              "take a pure RWKV-6 or RWKV-7 model");
      default ->
          throw claims.refused(
              "its architecture is '" + architecture + "', which is no RWKV-6 or RWKV-7",
              "take a GGUF file of one of these (rwkv6, rwkv7)");
    };
  }

  private static void check(Claims claims, ModelFile file) throws ModelFormatException {
    String a = claims.text("general.architecture") + ".";
    claims.layers(file, a + "block_count");
    claims.size(file, a + "embedding_length", "emb.weight", 1);
    claims.size(file, a + "vocab_size", "emb.weight", 0);
    claims.size(file, a + "feed_forward_length", "blocks.0.ffn.key.weight", 0);
    boolean six = a.startsWith(SIX);
    claims.size(file, a + "wkv.head_size", six ? "blocks.0.att.time_faaaa" : "blocks.0.att.r_k", 1);
    claims.size(file, a + "time_mix_extra_dim", "blocks.0.att.time_maa_w2", 1);
    claims.size(file, a + "time_decay_extra_dim", "blocks.0.att.time_decay_w1", 1);
    claims.size(file, a + "attention.decay_lora_rank", "blocks.0.att.w1", 1);
    claims.size(file, a + "attention.iclr_lora_rank", "blocks.0.att.a1", 1);
    claims.size(file, a + "attention.value_residual_mix_lora_rank", "blocks.1.att.v1", 1);
    claims.size(file, a + "attention.gate_lora_rank", "blocks.0.att.g1", 1);
    claims.vocabulary(file, "emb.weight");
    claims.layerNormEps(a + "attention.layer_norm_epsilon");
  }

  /**
   * RWKV-6; {@code rescale}: after how many layers the outputs are halved once more, 0 for never.
   */
  static Dialect six(int rescale) {
    List<Rule> rules = common(rescale);
    rules.add(Rule.of(ATT + "time_maa_x", MIX + "lerp_x.weight", row()));
    String kinds = "wkvrg";
    for (int k = 0; k < kinds.length(); k++) {
      String target = ATT + "time_maa_" + kinds.charAt(k);
      rules.add(Rule.of(target, MIX + "lerp_fused.weight", part(k, kinds.length())));
      rules.add(Rule.of(target, MIX + "lerp_" + kinds.charAt(k) + ".weight", row()));
    }
    rules.add(Rule.of(ATT + "time_maa_w1", MIX + "w1.weight", transposed()));
    rules.add(Rule.of(ATT + "time_maa_w2", MIX + "w2.weight", innerTransposed()));
    rules.add(Rule.of(ATT + "time_decay", MIX + "decay.weight", row()));
    rules.add(Rule.of(ATT + "time_decay_w1", MIX + "decay_w1.weight", transposed()));
    rules.add(Rule.of(ATT + "time_decay_w2", MIX + "decay_w2.weight", transposed()));
    rules.add(Rule.of(ATT + "time_faaaa", MIX + "first.weight"));
    rules.add(Rule.of(ATT + "gate.weight", MIX + "gate.weight"));
    rules.add(Rule.of(FFN + "time_maa_k", BLK + "channel_mix_lerp_k.weight", row()));
    rules.add(Rule.of(FFN + "time_maa_r", BLK + "channel_mix_lerp_r.weight", row()));
    rules.add(Rule.of(FFN + "receptance.weight", BLK + "channel_mix_receptance.weight"));
    return new Dialect("GGUF rwkv6", rules);
  }

  /** RWKV-7 with heads of that size. */
  static Dialect seven(int headSize) {
    List<Rule> rules = common(0);
    String kinds = "rwkvag";
    for (int k = 0; k < kinds.length(); k++) {
      rules.add(
          Rule.of(
              ATT + "x_" + kinds.charAt(k), MIX + "lerp_fused.weight", part(k, kinds.length())));
    }
    for (String kind : List.of("w", "a", "v")) {
      rules.add(Rule.of(ATT + kind + "0", MIX + kind + "0.weight", row()));
    }
    for (String kind : List.of("w", "a", "v", "g")) {
      rules.add(Rule.of(ATT + kind + "1", MIX + kind + "1.weight", transposed()));
      rules.add(Rule.of(ATT + kind + "2", MIX + kind + "2.weight", transposed()));
    }
    for (String dummy : List.of("v0", "v1", "v2")) { // the first layer has no value residual
      rules.add(Rule.dropped("blk.0.time_mix_" + dummy + ".weight"));
    }
    rules.add(Rule.of(ATT + "k_k", MIX + "k_k.weight", row()));
    rules.add(Rule.of(ATT + "k_a", MIX + "k_a.weight", row()));
    rules.add(Rule.of(ATT + "r_k", MIX + "r_k.weight", rowsOf(headSize)));
    rules.add(Rule.of(FFN + "x_k", BLK + "channel_mix_lerp_k.weight", row()));
    return new Dialect("GGUF rwkv7", rules);
  }

  private static List<Rule> common(int rescale) {
    List<Rule> rules = new ArrayList<>();
    rules.add(Rule.of("emb.weight", "token_embd.weight"));
    norm(rules, "blocks.0.ln0", "token_embd_norm");
    norm(rules, LAYER + "ln1", BLK + "attn_norm");
    norm(rules, LAYER + "ln2", BLK + "attn_norm_2");
    norm(rules, ATT + "ln_x", MIX + "ln");
    norm(rules, "ln_out", "output_norm");
    rules.add(Rule.of("head.weight", "output.weight"));
    for (String kind : List.of("receptance", "key", "value")) {
      rules.add(Rule.of(ATT + kind + ".weight", MIX + kind + ".weight"));
    }
    rules.add(Rule.of(FFN + "key.weight", BLK + "channel_mix_key.weight"));
    String output = MIX + "output.weight";
    String value = BLK + "channel_mix_value.weight";
    if (rescale == 0) {
      rules.add(Rule.of(ATT + "output.weight", output));
      rules.add(Rule.of(FFN + "value.weight", value));
    } else {
      rules.add(Rule.of(ATT + "output.weight", output, scaledUp(rescale)));
      rules.add(Rule.of(FFN + "value.weight", value, scaledUp(rescale)));
    }
    return rules;
  }

  private static void norm(List<Rule> rules, String target, String source) {
    rules.add(Rule.of(target + ".weight", source + ".weight"));
    rules.add(Rule.of(target + ".bias", source + ".bias"));
  }
}
