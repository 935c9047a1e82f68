package dev.skein.model.dialect;

import dev.skein.model.file.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Small models under BlinkDL's names, and what the publishers' converters make of them: written
 * from the published mapping, without a look at how it is read back.
 */
public final class HuggingFaceExport {
  private static final int C = 8;
  private static final int H = 2;
  private static final int F = 12;
  private static final int V = 10;
  private static final int LAYERS = 2;

  private HuggingFaceExport() {}

  /** A model of version "4", "5" or "6" with random values. */
  static List<Tensor> original(String version) {
    Maker maker = new Maker();
    maker.add("emb.weight", V, C).norm("blocks.0.ln0");
    for (int i = 0; i < LAYERS; i++) {
      maker.norm("blocks." + i + ".ln1").norm("blocks." + i + ".ln2");
      String att = "blocks." + i + ".att.";
      for (String matrix : new String[] {"receptance", "key", "value", "output"}) {
        maker.add(att + matrix + ".weight", C, C);
      }
      switch (version) {
        case "4" -> version4(maker, att);
        case "5" -> version5(maker, att);
        default -> version6(maker, att);
      }
      String ffn = "blocks." + i + ".ffn.";
      String mix = version.equals("6") ? "time_maa_" : "time_mix_";
      maker.add(ffn + mix + "k", 1, 1, C).add(ffn + mix + "r", 1, 1, C);
      maker.add(ffn + "key.weight", F, C).add(ffn + "receptance.weight", C, C);
      maker.add(ffn + "value.weight", C, F);
    }
    return maker.norm("ln_out").add("head.weight", V, C).made;
  }

  private static void version4(Maker maker, String att) {
    maker.add(att + "time_decay", C).add(att + "time_first", C);
    for (String x : new String[] {"k", "v", "r"}) {
      maker.add(att + "time_mix_" + x, 1, 1, C);
    }
  }

  private static void version5(Maker maker, String att) {
    maker.add(att + "time_decay", H, C / H).add(att + "time_faaaa", H, C / H);
    for (String x : new String[] {"k", "v", "r", "g"}) {
      maker.add(att + "time_mix_" + x, 1, 1, C);
    }
    maker.add(att + "gate.weight", C, C).norm(att + "ln_x");
  }

  private static void version6(Maker maker, String att) {
    for (String x : new String[] {"x", "w", "k", "v", "r", "g"}) {
      maker.add(att + "time_maa_" + x, 1, 1, C);
    }
    maker.add(att + "time_maa_w1", C, 15).add(att + "time_maa_w2", 5, 3, C);
    maker.add(att + "time_decay", 1, 1, C);
    maker.add(att + "time_decay_w1", C, 4).add(att + "time_decay_w2", 4, C);
    maker.add(att + "time_faaaa", H, C / H);
    maker.add(att + "gate.weight", C, C).norm(att + "ln_x");
  }

  /** A model of version 4, 5 or 6 as transformers and the remote code name it. */
  public static List<Tensor> transformers(List<Tensor> original) {
    List<Tensor> out = new ArrayList<>();
    for (Tensor tensor : original) {
      String name = tensor.name();
      if (!name.equals("head.weight")) {
        name =
            "rwkv."
                + name.replace("emb.", "embeddings.").replace("blocks.0.ln0", "blocks.0.pre_ln");
        name = name.replace(".att.", ".attention.").replace(".ffn.", ".feed_forward.");
        name =
            name.replace("time_mix_k", "time_mix_key")
                .replace("time_mix_v", "time_mix_value")
                .replace("time_mix_r", "time_mix_receptance")
                .replace("time_mix_g", "time_mix_gate");
      }
      out.add(tensor.renamed(name));
    }
    return out;
  }

  /** How an export of version 7 keeps the six shift vectors of a layer. */
  public enum Mix {
    /** Six of [1, 1, C]. */
    ROWS,
    /** Six of [C]. */
    FLAT,
    /** One of [6, C]. */
    FUSED
  }

  /** A model of version 7 as flash-linear-attention names it. */
  public static List<Tensor> fla(List<Tensor> original, Mix mix) {
    List<Tensor> out = new ArrayList<>();
    for (Tensor tensor : original) {
      String[] part = tensor.name().split("\\.");
      String last = part[part.length - 1];
      if (!part[0].equals("blocks")) {
        String name =
            switch (part[0]) {
              case "emb" -> "model.embeddings.weight";
              case "ln_out" -> "model.norm." + last;
              default -> "lm_head.weight";
            };
        out.add(tensor.renamed(name));
        continue;
      }
      String layer = "model.layers." + part[1] + ".";
      switch (part[2]) {
        case "ln0" -> out.add(tensor.renamed(layer + "pre_norm." + last));
        case "ln1" -> out.add(tensor.renamed(layer + "attn_norm." + last));
        case "ln2" -> out.add(tensor.renamed(layer + "ffn_norm." + last));
        case "ffn" ->
            out.add(
                last.equals("x_k")
                    ? flat(tensor, layer + "ffn.x_k")
                    : tensor.renamed(layer + "ffn." + part[3] + ".weight"));
        default -> attention(out, tensor, part, layer + "attn.", mix);
      }
    }
    return out;
  }

  private static void attention(
      List<Tensor> out, Tensor tensor, String[] part, String attn, Mix mix) {
    String what = part[3];
    if (part.length == 5) {
      String name = what.equals("ln_x") ? "g_norm." + part[4] : what.charAt(0) + "_proj.weight";
      out.add(tensor.renamed(attn + name));
    } else if (what.startsWith("x_")) {
      switch (mix) {
        case ROWS -> out.add(tensor.renamed(attn + what));
        case FLAT -> out.add(flat(tensor, attn + what));
        case FUSED -> fuse(out, tensor, attn + "x_x", "rwkvag".indexOf(what.charAt(2)));
      }
    } else if (what.matches("[wavg][012]")) {
      String lora = attn + what.charAt(0) + "_lora.lora.";
      switch (what.charAt(1)) {
        case '0' -> out.add(flat(tensor, lora + "2.bias"));
        case '1' -> out.add(turned(tensor, lora + "0.weight"));
        default -> out.add(turned(tensor, lora + "2.weight"));
      }
    } else {
      out.add(what.equals("r_k") ? tensor.renamed(attn + what) : flat(tensor, attn + what));
    }
  }

  private static Tensor flat(Tensor tensor, String name) {
    return like(tensor, name, values(tensor), tensor.elements());
  }

  private static Tensor turned(Tensor tensor, String name) {
    int rows = (int) tensor.dim(0);
    int columns = (int) tensor.dim(1);
    float[] from = values(tensor);
    float[] to = new float[from.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        to[c * rows + r] = from[r * columns + c];
      }
    }
    return like(tensor, name, to, columns, rows);
  }

  private static void fuse(List<Tensor> out, Tensor tensor, String name, int index) {
    int width = (int) tensor.elements();
    float[] all = new float[6 * width];
    for (Tensor made : List.copyOf(out)) {
      if (made.name().equals(name)) {
        all = values(made);
        out.remove(made);
      }
    }
    System.arraycopy(values(tensor), 0, all, index * width, width);
    out.add(like(tensor, name, all, 6, width));
  }

  private static Tensor like(Tensor model, String name, float[] values, long... shape) {
    return Bf16.of(name, values, model.type(), shape);
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.elements()];
    tensor.read(values);
    return values;
  }

  /** Makes tensors whose values every type holds exactly. */
  private static final class Maker {
    private final List<Tensor> made = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(11);

    Maker add(String name, long... shape) {
      float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextInt(-127, 128) / 64f;
      }
      made.add(Tensor.of(name, values, shape));
      return this;
    }

    Maker norm(String name) {
      return add(name + ".weight", C).add(name + ".bias", C);
    }
  }
}
