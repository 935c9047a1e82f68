package dev.skein.model;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.util.List;
import java.util.Map;

/** The versions of RWKV, told apart by the tensors of a file, never by its name. */
public enum Architecture {
  V4("RWKV-4"),
  V5_0("RWKV-5.0"),
  V5_1("RWKV-5.1"),
  V5_2("RWKV-5.2"),
  V6("RWKV-6"),
  V7("RWKV-7");

  private static final String ATT = "blocks.0.att.";

  /** Tensors that every layer of a family has, and no other family. */
  private static final Map<String, String> MARKS =
      Map.of(
          "r_k", "RWKV-7",
          "time_maa_x", "RWKV-6",
          "time_mix_k", "RWKV-4 or 5");

  /** Ends of names that only the variants after RWKV-7 have: deep embeddings, their attention. */
  private static final List<String> LATER =
      List.of(".ffn.s_emb.weight", ".ffn.s0", ".ffn.s1", ".ffn.s2", ".ffn.s_emb_x.weight");

  private final String title;

  Architecture(String title) {
    this.title = title;
  }

  /** The name for people: "RWKV-7". */
  public String title() {
    return title;
  }

  /**
   * The version of a file with BlinkDL's tensor names.
   *
   * @throws ModelFormatException if it is no such file, or a variant that is no version of the list
   */
  public static Architecture detect(ModelFile file) throws ModelFormatException {
    refuseLater(file);
    if (file.find("emb.weight") == null || file.find("blocks.0.ln1.weight") == null) {
      throw ModelFormatException.of(
          file.path(),
          "no RWKV model with the original tensor names (emb.weight and blocks.0.ln1.weight are"
              + " missing)",
          "take the original .pth or .safetensors of an RWKV model");
    }
    List<String> marks = MARKS.keySet().stream().sorted().filter(m -> has(file, m)).toList();
    if (marks.size() != 1) {
      throw ModelFormatException.of(
          file.path(),
          marks.isEmpty()
              ? "no version of RWKV that is known: it has none of "
                  + marks(List.of("r_k", "time_maa_x", "time_mix_k"))
              : "a mix of versions: it has " + marks(marks),
          "take the original file of an RWKV-4, 5, 6 or 7 model");
    }
    return switch (marks.getFirst()) {
      case "r_k" -> V7;
      case "time_maa_x" -> V6;
      default -> has(file, "ln_x.weight") ? five(file) : V4;
    };
  }

  private static String marks(List<String> names) {
    return String.join(
        " and ", names.stream().map(n -> ATT + n + " (" + MARKS.get(n) + ")").toList());
  }

  private static boolean has(ModelFile file, String name) {
    return file.find(ATT + name) != null;
  }

  private static void refuseLater(ModelFile file) throws ModelFormatException {
    for (String name : file.names()) {
      if (LATER.stream().anyMatch(name::endsWith) || name.contains("rosa")) {
        throw ModelFormatException.of(
            file.path(),
            "an RWKV-7a, RWKV-7b or RWKV-8 model (it has " + name + "), not supported",
            "take the plain RWKV-7 model of that size, a file called like rwkv7-g1-*.pth");
      }
    }
  }

  private static Architecture five(ModelFile file) throws ModelFormatException {
    Tensor decay = file.require(ATT + "time_decay");
    boolean byChannel = decay.rank() > 1 && decay.dim(1) > 1;
    boolean gated = has(file, "gate.weight");
    if (byChannel && !gated) {
      throw ModelFormatException.of(
          file.path(),
          "a mix of versions: %s is that of RWKV-5.2, but %s is missing as in RWKV-5.0"
              .formatted(decay, ATT + "gate.weight"),
          "take the original file of an RWKV-5 model");
    }
    return byChannel ? V5_2 : gated ? V5_1 : V5_0;
  }
}
