package dev.skein.bench;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.nio.file.Path;
import java.util.SequencedSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An RWKV-7 model with planted outliers, as large trained models have them: every 64th channel of
 * every layer norm is {@code factor} times as large, and all that reads the channel takes it {@code
 * factor} times smaller. In fp32 this is the same model; whoever rounds activations or weights has
 * it harder.
 */
public final class OutlierWeights implements ModelFile {
  private static final int EVERY = 64;
  private static final Pattern NORM = Pattern.compile("(blocks\\.\\d+\\.ln[12]|ln_out)\\..*");
  private static final Pattern COLUMNS =
      Pattern.compile(
          "blocks\\.\\d+\\.(att\\.(receptance|key|value)|ffn\\.key)\\.weight|head\\.weight");
  private static final Pattern ROWS = Pattern.compile("blocks\\.\\d+\\.att\\.[wavg]1");

  private final ModelFile model;
  private final float factor;

  /** Plants outliers in a model, which stays as it is. */
  public OutlierWeights(ModelFile model, float factor) {
    this.model = model;
    this.factor = factor;
  }

  @Override
  public @Nullable Tensor find(String name) {
    Tensor tensor = model.find(name);
    if (tensor == null) {
      return null;
    }
    if (NORM.matcher(name).matches()) {
      return scaled(tensor, 1, factor);
    }
    if (COLUMNS.matcher(name).matches()) {
      return scaled(tensor, 1, 1 / factor);
    }
    return ROWS.matcher(name).matches() ? scaled(tensor, tensor.dim(1), 1 / factor) : tensor;
  }

  /** Multiplies the elements of the channels; {@code step} elements are of one channel. */
  private static Tensor scaled(Tensor tensor, long step, float by) {
    long channels = tensor.dim(step == 1 ? tensor.rank() - 1 : 0);
    return Tensor.computed(
        tensor.name(),
        tensor.shape(),
        (first, out, at, count) -> {
          tensor.read(first, out, at, count);
          for (int i = 0; i < count; i++) {
            long channel = (first + i) / step % channels;
            out[at + i] *= channel % EVERY == 0 ? by : 1;
          }
        });
  }

  @Override
  public String format() {
    return model.format();
  }

  @Override
  public Path path() {
    return model.path();
  }

  @Override
  public SequencedSet<String> names() {
    return model.names();
  }

  @Override
  public Tensor require(String name) throws ModelFormatException {
    return ModelFile.super.require(name);
  }

  /** The model belongs to somebody else. */
  @Override
  public void close() {}
}
