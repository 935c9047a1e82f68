package dev.skein.model.dialect;

import dev.skein.model.file.ModelFile;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The namings of Hugging Face's model folders, as their publishers' converters write them: that of
 * transformers' RWKV-4, which the remote code of RWKV-5 and 6 continues with the same values under
 * longer names; and that of flash-linear-attention's RWKV-7, which holds low-rank matrices as
 * linear layers, that is transposed, and their offsets as biases.
 */
final class HuggingFaceDialects {
  static final Dialect TRANSFORMERS = transformers();
  static final Dialect FLA = fla();

  private HuggingFaceDialects() {}

  /** The dialect of a file, by the names of its tensors; null if it has none of these. */
  static @Nullable Dialect of(ModelFile file) {
    for (String name : file.names()) {
      if (name.startsWith("rwkv.embeddings.") || name.startsWith("rwkv.blocks.0.attention.")) {
        return TRANSFORMERS;
      }
      if (name.startsWith("model.embeddings.") || name.startsWith("model.layers.0.attn_norm.")) {
        return FLA;
      }
    }
    for (String prefix : List.of("rwkv.", "model.")) {
      if (file.find(prefix + "emb.weight") != null) {
        return prefixed(file, prefix);
      }
    }
    return null;
  }

  /** BlinkDL's own names under a common prefix, which some trainers put before them. */
  private static Dialect prefixed(ModelFile file, String prefix) {
    List<Rule> rules = new ArrayList<>();
    for (String name : file.names()) {
      if (name.startsWith(prefix)) {
        rules.add(Rule.of(name.substring(prefix.length()), name));
      }
    }
    return new Dialect("BlinkDL under '" + prefix + "'", rules);
  }

  private static Dialect transformers() {
    List<Rule> rules = new ArrayList<>();
    rules.add(Rule.of("emb.weight", "rwkv.embeddings.weight"));
    norm(rules, "blocks.0.ln0", "rwkv.blocks.0.pre_ln");
    norm(rules, "blocks.{i}.ln1", "rwkv.blocks.{i}.ln1");
    norm(rules, "blocks.{i}.ln2", "rwkv.blocks.{i}.ln2");
    norm(rules, "ln_out", "rwkv.ln_out");
    String att = "rwkv.blocks.{i}.attention.";
    norm(rules, "blocks.{i}.att.ln_x", att + "ln_x");
    for (String same :
        List.of(
            "receptance.weight",
            "key.weight",
            "value.weight",
            "output.weight",
            "gate.weight",
            "time_decay",
            "time_first",
            "time_faaaa",
            "time_maa_x",
            "time_maa_w",
            "time_maa_k",
            "time_maa_v",
            "time_maa_r",
            "time_maa_g",
            "time_maa_w1",
            "time_maa_w2",
            "time_decay_w1",
            "time_decay_w2",
            "time_state")) {
      rules.add(Rule.of("blocks.{i}.att." + same, att + same));
    }
    String ffn = "rwkv.blocks.{i}.feed_forward.";
    for (String same :
        List.of("key.weight", "value.weight", "receptance.weight", "time_maa_k", "time_maa_r")) {
      rules.add(Rule.of("blocks.{i}.ffn." + same, ffn + same));
    }
    for (String mix : List.of("key", "value", "receptance", "gate")) {
      char letter = mix.charAt(0);
      rules.add(Rule.of("blocks.{i}.att.time_mix_" + letter, att + "time_mix_" + mix));
      rules.add(Rule.of("blocks.{i}.ffn.time_mix_" + letter, ffn + "time_mix_" + mix));
    }
    return new Dialect("Hugging Face transformers", rules);
  }

  private static Dialect fla() {
    List<Rule> rules = new ArrayList<>();
    rules.add(Rule.of("emb.weight", "model.embeddings.weight"));
    norm(rules, "blocks.0.ln0", "model.layers.0.pre_norm");
    norm(rules, "blocks.{i}.ln1", "model.layers.{i}.attn_norm");
    norm(rules, "blocks.{i}.ln2", "model.layers.{i}.ffn_norm");
    norm(rules, "ln_out", "model.norm");
    rules.add(Rule.of("head.weight", "lm_head.weight"));
    String attn = "model.layers.{i}.attn.";
    for (String matrix : List.of("receptance", "key", "value", "output")) {
      rules.add(
          Rule.of(
              "blocks.{i}.att." + matrix + ".weight", attn + matrix.charAt(0) + "_proj.weight"));
    }
    norm(rules, "blocks.{i}.att.ln_x", attn + "g_norm");
    List<String> mixes = List.of("r", "w", "k", "v", "a", "g");
    for (String mix : mixes) {
      String target = "blocks.{i}.att.x_" + mix;
      rules.add(Rule.of(target, attn + "x_" + mix, Transforms.row()));
      // exports of early 2025 hold the six in one, [6, C]
      rules.add(
          Rule.of(
              target,
              attn + "x_x",
              Transforms.part(mixes.indexOf(mix), mixes.size()),
              Transforms.row()));
    }
    for (String kind : List.of("w", "a", "v", "g")) {
      String lora = attn + kind + "_lora.lora.";
      String target = "blocks.{i}.att." + kind;
      rules.add(Rule.of(target + "1", lora + "0.weight", Transforms.transposed()));
      rules.add(Rule.of(target + "2", lora + "2.weight", Transforms.transposed()));
      if (!kind.equals("g")) {
        rules.add(Rule.of(target + "0", lora + "2.bias", Transforms.row()));
      }
    }
    rules.add(Rule.of("blocks.{i}.att.k_k", attn + "k_k", Transforms.row()));
    rules.add(Rule.of("blocks.{i}.att.k_a", attn + "k_a", Transforms.row()));
    rules.add(Rule.of("blocks.{i}.att.r_k", attn + "r_k"));
    String ffn = "model.layers.{i}.ffn.";
    rules.add(Rule.of("blocks.{i}.ffn.x_k", ffn + "x_k", Transforms.row()));
    rules.add(Rule.of("blocks.{i}.ffn.key.weight", ffn + "key.weight"));
    rules.add(Rule.of("blocks.{i}.ffn.value.weight", ffn + "value.weight"));
    return new Dialect("flash-linear-attention", rules);
  }

  private static void norm(List<Rule> rules, String target, String source) {
    rules.add(Rule.of(target + ".weight", source + ".weight"));
    rules.add(Rule.of(target + ".bias", source + ".bias"));
  }
}
