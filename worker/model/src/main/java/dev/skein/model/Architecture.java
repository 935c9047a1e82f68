package dev.skein.model;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;

/** The versions of RWKV, told apart by the tensors of a file, never by its name. */
public enum Architecture {
  V4("RWKV-4"),
  V5_0("RWKV-5.0"),
  V5_1("RWKV-5.1"),
  V5_2("RWKV-5.2"),
  V6("RWKV-6"),
  V7("RWKV-7");

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
    if (file.find("emb.weight") == null || file.find("blocks.0.ln1.weight") == null) {
      throw ModelFormatException.of(
          file.path(),
          "no RWKV model with the original tensor names (emb.weight and blocks.0.ln1.weight are"
              + " missing)",
          "take the original .pth or .safetensors of an RWKV model");
    }
    for (String name : file.names()) {
      if (name.endsWith(".ffn.s_emb.weight") || name.contains("rosa")) {
        throw ModelFormatException.of(
            file.path(),
            "an RWKV-7a, RWKV-7b or RWKV-8 model (it has " + name + "), not supported",
            "take an RWKV-7 model");
      }
    }
    return byBlock(file);
  }

  private static Architecture byBlock(ModelFile file) {
    if (file.find("blocks.0.att.r_k") != null) {
      return V7;
    }
    if (file.find("blocks.0.att.time_maa_x") != null) {
      return V6;
    }
    if (file.find("blocks.0.att.ln_x.weight") == null) {
      return V4;
    }
    if (file.find("blocks.0.att.gate.weight") == null) {
      return V5_0;
    }
    Tensor decay = file.find("blocks.0.att.time_decay");
    boolean byChannel = decay != null && decay.rank() > 1 && decay.dim(1) > 1;
    return byChannel ? V5_2 : V5_1;
  }
}
