package dev.skein.model.adapter;

import dev.skein.model.dialect.ModelFiles;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of an adapter by the base model's names. Factors are called {@code X.lora_A} and
 * {@code X.lora_B} (RWKV's trainers) or {@code base_model.model.X.lora_A.weight} (PEFT) for the
 * matrix {@code X.weight}; whatever has no such ending replaces the tensor of its name.
 *
 * @param factors by the name of the matrix that they change
 * @param replacements by name
 */
record AdapterTensors(Map<String, Factors> factors, Map<String, Tensor> replacements) {
  private static final Pattern PREFIX = Pattern.compile("^base_model\\.model\\.");
  private static final Pattern FACTOR =
      Pattern.compile("(.+)\\.lora_([AB])(?:\\.default)?(?:\\.weight)?");
  private static final Pattern SAVED = Pattern.compile("\\.modules_to_save(?:\\.default)?");

  /**
   * The change of a matrix [out, in] is {@code b a}.
   *
   * @param a [rank, in]
   * @param b [out, rank]
   */
  record Factors(Tensor a, Tensor b) {
    int rank() {
      return (int) a.dim(0);
    }
  }

  /**
   * Finds a place in {@code base} for every tensor.
   *
   * @throws ModelFormatException if one has none, or does not fit; names it
   */
  static AdapterTensors of(ModelFile file, ModelFile base) throws ModelFormatException {
    Map<String, Tensor> a = new LinkedHashMap<>();
    Map<String, Tensor> b = new LinkedHashMap<>();
    Map<String, Tensor> replacements = new LinkedHashMap<>();
    for (String name : file.names()) {
      Tensor tensor = file.require(name);
      String bare = PREFIX.matcher(name).replaceFirst("");
      Matcher factor = FACTOR.matcher(bare);
      boolean matched = factor.matches();
      String target =
          ModelFiles.plainName(
              matched ? factor.group(1) + ".weight" : SAVED.matcher(bare).replaceFirst(""));
      if (base.find(target) == null) {
        throw ModelFormatException.of(
            file.path(),
            "its tensor '" + tensor + "' has no place in the model (no '" + target + "' there)",
            "take the adapter that was trained on this model");
      }
      Map<String, Tensor> kind = !matched ? replacements : factor.group(2).equals("A") ? a : b;
      if (kind.put(target, tensor) != null) {
        throw misfit(file, tensor, "is the second one for '" + target + "'");
      }
    }
    Map<String, Factors> factors = new LinkedHashMap<>();
    for (String target : new TreeSet<>(union(a, b))) {
      factors.put(target, factors(file, base.require(target), a.get(target), b.get(target)));
    }
    for (Map.Entry<String, Tensor> one : replacements.entrySet()) {
      requireSameShape(file, base.require(one.getKey()), one.getValue());
    }
    return new AdapterTensors(factors, replacements);
  }

  private static TreeSet<String> union(Map<String, Tensor> a, Map<String, Tensor> b) {
    TreeSet<String> names = new TreeSet<>(a.keySet());
    names.addAll(b.keySet());
    return names;
  }

  private static Factors factors(
      ModelFile file, Tensor target, @Nullable Tensor a, @Nullable Tensor b)
      throws ModelFormatException {
    if (a == null || b == null) {
      throw ModelFormatException.damaged(
          file.path(), "it has only one of the two factors of '" + target.name() + "'");
    }
    if (target.rank() != 2 || a.rank() != 2 || a.dim(1) != target.dim(1)) {
      throw misfit(file, a, "does not fit '" + target + "'");
    }
    if (b.rank() != 2 || b.dim(0) != target.dim(0) || b.dim(1) != a.dim(0)) {
      throw misfit(file, b, "does not fit '" + target + "' and '" + a + "'");
    }
    return new Factors(a, b);
  }

  private static void requireSameShape(ModelFile file, Tensor target, Tensor tensor)
      throws ModelFormatException {
    if (!Arrays.equals(withoutOnes(target), withoutOnes(tensor))) {
      throw misfit(file, tensor, "should replace '" + target + "', which has another shape");
    }
  }

  private static long[] withoutOnes(Tensor tensor) {
    return Arrays.stream(tensor.shape()).filter(dimension -> dimension != 1).toArray();
  }

  private static ModelFormatException misfit(ModelFile file, Tensor tensor, String fault) {
    return ModelFormatException.of(
        file.path(),
        "its tensor '" + tensor + "' " + fault,
        "take the adapter that was trained on this model");
  }
}
