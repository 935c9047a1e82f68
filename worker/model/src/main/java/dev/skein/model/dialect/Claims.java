package dev.skein.model.dialect;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;

/** What a file's metadata say of its tensors, compared with the tensors. */
final class Claims {
  private final ModelFile file;

  Claims(ModelFile file) {
    this.file = file;
  }

  /** A text that must be there. */
  String text(String key) throws ModelFormatException {
    String value = file.metadata().get(key);
    if (value == null) {
      throw contradiction("do not say " + key);
    }
    return value.length() <= 80 ? value : value.substring(0, 80);
  }

  /** A number from 0 to a million, or {@code absent}. */
  int whole(String key, int absent) throws ModelFormatException {
    String value = file.metadata().get(key);
    if (value == null) {
      return absent;
    }
    if (!value.matches("[0-9]{1,6}")) {
      throw contradiction("say " + key + " = " + text(key) + ", which no model has");
    }
    return Integer.parseInt(value);
  }

  /**
   * A claim about a dimension of a tensor; nothing is demanded where either is absent.
   *
   * @param translated the file under BlinkDL's names
   */
  void size(ModelFile translated, String key, String name, int dimension)
      throws ModelFormatException {
    Tensor tensor = translated.find(name);
    int claimed = whole(key, -1);
    if (claimed < 0 || tensor == null) {
      return;
    }
    if (tensor.rank() <= dimension || tensor.dim(dimension) != claimed) {
      throw contradiction(
          "say " + key + " = " + claimed + ", but there is tensor '" + tensor + "'");
    }
  }

  /** A claim that one number divides another. */
  void divides(String key, String multipleKey) throws ModelFormatException {
    int claimed = whole(key, 1);
    int multiple = whole(multipleKey, 0);
    if (claimed == 0 || multiple % claimed != 0) {
      throw contradiction(
          "say " + key + " = " + claimed + " and " + multipleKey + " = " + multiple);
    }
  }

  /** A claim about the number of layers. */
  void layers(ModelFile translated, String key) throws ModelFormatException {
    int claimed = whole(key, -1);
    int layers = 0;
    while (translated.find("blocks." + layers + ".ln1.weight") != null) {
      layers++;
    }
    if (claimed >= 0 && claimed != layers) {
      throw contradiction("say " + key + " = " + claimed + ", but there are " + layers + " layers");
    }
  }

  /** The vocabulary has no more tokens than the model. */
  void vocabulary(ModelFile translated, String name) throws ModelFormatException {
    Tensor table = translated.find(name);
    int tokens = translated.vocabulary().size();
    if (table != null && table.rank() > 0 && tokens > table.dim(0)) {
      throw contradiction("list " + tokens + " tokens, but there is tensor '" + table + "'");
    }
  }

  /** The epsilon of all layer norms is the one that every RWKV was trained with. */
  void layerNormEps(String key) throws ModelFormatException {
    String value = file.metadata().get(key);
    if (value != null && !value.matches("1\\.0(0000[0-9]*)?E-5|9\\.9999[0-9]*E-6")) {
      throw refused(
          "its metadata say " + key + " = " + text(key) + ", where RWKV has 1e-5",
          "take the published file of an RWKV model");
    }
  }

  ModelFormatException refused(String fault, String mend) {
    return ModelFormatException.of(file.path(), fault, mend);
  }

  private ModelFormatException contradiction(String fault) {
    return ModelFormatException.damaged(file.path(), "its metadata " + fault);
  }
}
