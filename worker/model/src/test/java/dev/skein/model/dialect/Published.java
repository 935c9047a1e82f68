package dev.skein.model.dialect;

import dev.skein.model.Architecture;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import dev.skein.model.random.RandomWeights;
import dev.skein.model.random.RandomWeights.Ranks;
import dev.skein.model.random.RandomWeights.Shape;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Random models under BlinkDL's names, and what publishers do with a tensor when they convert it:
 * plain loops over arrays, written from the converters' description and not from the dialects.
 */
final class Published {
  private static final Pattern NAME = Pattern.compile("(?:blocks\\.(\\d+)\\.)?(.*)");

  private Published() {}

  /** A small model with sizes that are all different. */
  static RandomWeights model(Architecture architecture) {
    Ranks ranks =
        switch (architecture) {
          case V4, V5_0, V5_1, V5_2 -> Ranks.NONE;
          case V6 -> new Ranks(6, 0, 0, 0, 3);
          case V7 -> new Ranks(6, 5, 4, 7, 0);
        };
    int headSize = architecture == Architecture.V4 ? 32 : 8;
    return RandomWeights.of(new Shape(architecture, 3, 32, headSize, 56, 40, ranks), 7);
  }

  /** A tensor's values, the layer it belongs to, and its name without that. */
  record Original(int layer, String role, float[] values, long[] shape) {
    static Original of(ModelFile file, String name) throws ModelFormatException {
      Tensor tensor = file.require(name);
      Matcher parts = NAME.matcher(name);
      if (!parts.matches()) {
        throw new AssertionError(name);
      }
      int layer = parts.group(1) == null ? 0 : Integer.parseInt(parts.group(1));
      return new Original(layer, parts.group(2), TensorMap.values(tensor), tensor.shape());
    }

    Original shaped(long... newShape) {
      return new Original(layer, role, values, newShape);
    }

    Original scaled(float factor) {
      float[] out = new float[values.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = values[i] * factor;
      }
      return new Original(layer, role, out, shape);
    }

    /** exp(-exp(d)), as rwkv.cpp does it. */
    Original decay() {
      float[] out = new float[values.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = (float) Math.exp(-Math.exp(values[i]));
      }
      return new Original(layer, role, out, shape);
    }

    Original exponential(float sign) {
      float[] out = new float[values.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = sign * (float) Math.exp(values[i]);
      }
      return new Original(layer, role, out, shape);
    }

    /** The last two dimensions exchanged. */
    Original transposed() {
      int rank = shape.length;
      int rows = (int) shape[rank - 2];
      int columns = (int) shape[rank - 1];
      float[] out = new float[values.length];
      for (int from = 0; from < out.length; from += rows * columns) {
        for (int r = 0; r < rows; r++) {
          for (int c = 0; c < columns; c++) {
            out[from + c * rows + r] = values[from + r * columns + c];
          }
        }
      }
      long[] exchanged = shape.clone();
      exchanged[rank - 2] = columns;
      exchanged[rank - 1] = rows;
      return new Original(layer, role, out, exchanged);
    }
  }

  /** The tensors of those names one after the other. */
  static float[] stacked(ModelFile file, String prefix, String kinds) throws ModelFormatException {
    float[] out = new float[0];
    for (int k = 0; k < kinds.length(); k++) {
      float[] one = TensorMap.values(file.require(prefix + kinds.charAt(k)));
      float[] longer = Arrays.copyOf(out, out.length + one.length);
      System.arraycopy(one, 0, longer, out.length, one.length);
      out = longer;
    }
    return out;
  }
}
