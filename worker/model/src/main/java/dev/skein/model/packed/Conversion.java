package dev.skein.model.packed;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.LoadProgress;
import dev.skein.model.ModelSource;
import dev.skein.model.Quantization;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import dev.skein.model.file.ggml.Encoding;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Writes a model as a {@code .skein} file, tensor by tensor. */
public final class Conversion {
  private static final int PIECE = 1 << 20;

  /** Below it a matrix may be a low-rank factor, which is kept twice. */
  private static final int RANK_MAX = 512;

  private final ModelSource source;
  private final Quantization quantization;

  /**
   * @param source the model as published; it stays open
   */
  public Conversion(ModelSource source, Quantization quantization) {
    this.source = source;
    this.quantization = quantization;
  }

  /**
   * Writes the file; there is none, or the old one, if that fails.
   *
   * @throws ModelFormatException if the source is no complete model, or was converted before
   * @throws IOException if the file cannot be written
   */
  public void write(Path target, WorkerPool workers, LoadProgress progress) throws IOException {
    ModelFile weights = source.weights();
    if (weights instanceof SkeinFile) {
      throw ModelFormatException.of(
          weights.path(),
          "it was converted before, and its weights are rounded",
          "convert the model that it was made from");
    }
    try (NewFile file = new NewFile(target, estimate(weights))) {
      SkeinWriter writer = new SkeinWriter(file.channel());
      writeTokenizer(writer);
      WeightPass.Outcome outcome =
          WeightPass.run(
              weights,
              quantization,
              source.groupNormEps(),
              workers,
              progress,
              new Sections(writer, quantization));
      for (String name : weights.names()) {
        if (!outcome.matrices().contains(name)) {
          writeRaw(writer, weights.require(name));
        }
      }
      writer.finish(header(outcome, writer.sections()));
      file.publish();
    }
  }

  /** Writes each matrix where it is shown. */
  private record Sections(SkeinWriter writer, Quantization quantization)
      implements WeightPass.Audience {

    @Override
    public void matrix(Tensor tensor, Matrix matrix) throws IOException {
      write(tensor.name(), new Section.Packed(quantization), matrix);
    }

    @Override
    public void factor(String name, Matrix matrix) throws IOException {
      write(name, new Section.Factor(FactorForm.of(matrix)), matrix);
    }

    private void write(String name, Section.Kind kind, Matrix matrix) throws IOException {
      List<Long> shape = List.of((long) matrix.rows(), (long) matrix.columns());
      writer.begin(name, kind, shape, matrix.image().byteSize());
      writer.write(matrix.image());
    }
  }

  /** At least the bytes that the file will need, and not many more. */
  private long estimate(ModelFile weights) throws ModelFormatException {
    long bytes = 16 << 20;
    for (String name : weights.names()) {
      Tensor tensor = weights.require(name);
      long raw = tensor.elements() * tensor.type().bytes();
      boolean flat = tensor.rank() == 2 && Math.max(tensor.dim(0), tensor.dim(1)) <= 1 << 20;
      if (flat && Math.min(tensor.dim(0), tensor.dim(1)) > RANK_MAX && !name.equals("emb.weight")) {
        bytes += MatrixForm.imageBytes(quantization, (int) tensor.dim(0), (int) tensor.dim(1));
      } else {
        bytes += tensor.rank() > 1 ? raw + 4 * tensor.elements() : raw;
      }
      bytes += 2 * SkeinHeader.PAGE;
    }
    return bytes;
  }

  private SkeinHeader header(WeightPass.Outcome outcome, List<Section> sections)
      throws IOException {
    ObjectNode description = source.description().toJson();
    description.put("name", source.name());
    description.put("group_norm_eps", source.groupNormEps());
    description.withObject("/training").put("context", source.contextTrained());
    return new SkeinHeader(
        source.name(),
        quantization,
        source.weights().format(),
        source.fingerprint(outcome.config()),
        source.facts(outcome.config()),
        description,
        sections);
  }

  private void writeTokenizer(SkeinWriter writer) throws IOException {
    Tokenizer tokenizer = source.tokenizer();
    if (tokenizer != null && tokenizer.json() != null) {
      byte[] json = tokenizer.json().getBytes(StandardCharsets.UTF_8);
      writer.begin("tokenizer", Section.Blob.TOKENIZER_JSON, List.of(), json.length);
      writer.write(ByteBuffer.wrap(json));
    } else if (tokenizer != null) {
      byte[] table = VocabularyTable.of(tokenizer);
      writer.begin("tokenizer", Section.Blob.VOCABULARY, List.of(), table.length);
      writer.write(ByteBuffer.wrap(table));
    }
  }

  /** Blocks stay blocks: an embedding table of a few bits a weight does not grow to 32. */
  private void writeRaw(SkeinWriter writer, Tensor tensor) throws IOException {
    if (tensor.packing() instanceof Encoding blocks) {
      MemorySegment data = tensor.data();
      writer.begin(tensor.name(), new Section.Blocks(blocks), shape(tensor), data.byteSize());
      writer.write(data);
      source.weights().unload();
      return;
    }
    int size = tensor.type().bytes();
    writer.begin(
        tensor.name(), new Section.Raw(tensor.type()), shape(tensor), tensor.elements() * size);
    byte[] piece = new byte[(int) Math.min(PIECE, tensor.elements() * size)];
    for (long first = 0; first < tensor.elements(); first += piece.length / size) {
      int count = (int) Math.min(piece.length / size, tensor.elements() - first);
      tensor.copyBytes(first, piece, count);
      writer.write(ByteBuffer.wrap(piece, 0, count * size));
    }
    source.weights().unload();
  }

  private static List<Long> shape(Tensor tensor) {
    return Arrays.stream(tensor.shape()).boxed().toList();
  }
}
