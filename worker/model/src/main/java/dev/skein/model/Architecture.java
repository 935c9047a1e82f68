package dev.skein.model;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The versions of RWKV, told apart by the tensors of a file, never by its name. */
public enum Architecture {
  V4("RWKV-4", Names.FOUR),
  V5_0("RWKV-5.0", Names.FOUR + Names.NORM),
  V5_1("RWKV-5.1", Names.FOUR + Names.NORM + Names.GATE),
  V5_2("RWKV-5.2", Names.FOUR + Names.NORM + Names.GATE),
  V6("RWKV-6", Names.SIX + Names.NORM),
  V7("RWKV-7", Names.SEVEN + Names.NORM);

  /** Tensors of a layer, without what only some models of a version have. */
  private static final class Names {
    static final String FOUR =
        "att.time_mix_k att.time_mix_v att.time_mix_r att.time_decay att.receptance.weight"
            + " att.key.weight att.value.weight att.output.weight ffn.time_mix_k ffn.time_mix_r"
            + " ffn.key.weight ffn.receptance.weight ffn.value.weight ";
    static final String NORM = "att.ln_x.weight att.ln_x.bias ";
    static final String GATE = "att.gate.weight att.time_mix_g ";
    static final String SIX =
        "att.time_maa_x att.time_maa_w att.time_maa_k att.time_maa_v att.time_maa_r att.time_maa_g"
            + " att.time_maa_w1 att.time_maa_w2 att.time_decay att.time_decay_w1 att.time_decay_w2"
            + " att.receptance.weight att.key.weight att.value.weight att.gate.weight"
            + " att.output.weight ffn.time_maa_k ffn.time_maa_r ffn.key.weight"
            + " ffn.receptance.weight ffn.value.weight ";
    static final String SEVEN =
        "att.x_r att.x_w att.x_k att.x_v att.x_a att.x_g att.w0 att.w1 att.w2 att.a0 att.a1 att.a2"
            + " att.g1 att.g2 att.k_k att.k_a att.r_k att.receptance.weight att.key.weight"
            + " att.value.weight att.output.weight ffn.x_k ffn.key.weight ffn.value.weight ";

    /** What only some models have, or what has two names: the loader looks at these. */
    static final Set<String> SOME =
        Set.of("att.time_first", "att.time_faaaa", "att.time_state", "att.v0", "att.v1", "att.v2");

    private Names() {}
  }

  private static final String LAYER = "blocks.0.";
  private static final String ATT = LAYER + "att.";

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
  private final String names;

  Architecture(String title, String names) {
    this.title = title;
    this.names = names.strip();
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
      throw marks.isEmpty()
          ? ModelFormatException.of(
              file.path(),
              "no version of RWKV that is known: it has none of "
                  + marks(List.of("r_k", "time_maa_x", "time_mix_k")),
              "take the original file of an RWKV-4, 5, 6 or 7 model")
          : mix(file, "it has %s", marks(marks));
    }
    Architecture version =
        switch (marks.getFirst()) {
          case "r_k" -> V7;
          case "time_maa_x" -> V6;
          default -> has(file, "ln_x.weight") ? five(file) : V4;
        };
    version.refuseMix(file);
    return version;
  }

  /**
   * A first layer that lacks tensors of the version and has others instead is of a model that
   * nobody has published. What is only missing, or only too much, the loader names in any layer.
   */
  private void refuseMix(ModelFile file) throws ModelFormatException {
    Set<String> missing = new TreeSet<>(List.of(names.split(" ")));
    Set<String> strange = new TreeSet<>();
    for (String name : file.names()) {
      String own = name.startsWith(LAYER) ? name.substring(LAYER.length()) : "";
      boolean mixing = own.startsWith("att.") || own.startsWith("ffn.");
      if (mixing && !missing.remove(own) && !Names.SOME.contains(own)) {
        strange.add(own);
      }
    }
    if (!missing.isEmpty() && !strange.isEmpty()) {
      throw mix(
          file, "as an %s it has no %s, and no place for %s", title, some(missing), some(strange));
    }
  }

  private static String some(Set<String> names) {
    List<String> first = names.stream().limit(4).map(name -> LAYER + name).toList();
    int more = names.size() - first.size();
    return String.join(", ", first) + (more > 0 ? " (and %d more)".formatted(more) : "");
  }

  private static ModelFormatException mix(ModelFile file, String fault, Object... arguments) {
    return ModelFormatException.of(
        file.path(),
        "a mix of versions: " + fault.formatted(arguments),
        "take the original file of an RWKV-4, 5, 6 or 7 model");
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
    Tensor width = file.require(ATT + "ln_x.weight");
    if (decay.rank() == 1 && decay.elements() == width.elements() && decay.elements() > 1) {
      throw mix(file, "%s is that of RWKV-4, but %s of RWKV-5 is there", decay, width.name());
    }
    boolean byChannel = decay.rank() > 1 && decay.dim(1) > 1;
    boolean gated = has(file, "gate.weight");
    if (byChannel && !gated) {
      throw mix(
          file,
          "%s is that of RWKV-5.2, but %s is missing as in RWKV-5.0",
          decay,
          ATT + "gate.weight");
    }
    if (gated != has(file, "time_mix_g")) {
      throw mix(
          file,
          "%1$s%2$s is there as in RWKV-5.1 and 5.2, but %1$s%3$s is missing as in RWKV-5.0",
          ATT,
          gated ? "gate.weight" : "time_mix_g",
          gated ? "time_mix_g" : "gate.weight");
    }
    return byChannel ? V5_2 : gated ? V5_1 : V5_0;
  }
}
