package dev.skein.model.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.SequencedMap;

/** Tells a file's format by its first bytes and hands it to that format's reader. */
final class FormatDetector {
  private static final String MEND = "give a .pth or .safetensors file of an RWKV model";
  private static final int ZIP_MAGIC = 0x04034b50;
  private static final int GGUF_MAGIC = 0x46554747;
  private static final int GGUF_MAGIC_BIG_ENDIAN = 0x47475546;
  private static final int GGML_MAGIC = 0x67676d66;

  /** How torch's format of before 2020 begins: the pickle of one large number. */
  private static final byte[] LEGACY_TORCH = {
    (byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, (byte) 0xfc, (byte) 0x9c, 0x46, (byte) 0xf9, 0x20, 0x6a
  };

  private static final byte[] LFS_POINTER =
      "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

  private FormatDetector() {}

  static ModelFile open(Path file) throws IOException {
    ModelFile opened = openTensors(file);
    for (String name : opened.names()) {
      Tensor tensor = opened.require(name);
      if (!tensor.type().floating()) {
        opened.close();
        throw ModelFormatException.of(
            file, "tensor '" + name + "' holds integers (" + tensor.type() + ")", MEND);
      }
    }
    return opened;
  }

  static ModelFile openTensors(Path file) throws IOException {
    Mapping mapping = Mapping.of(file);
    try {
      Format format = detect(mapping);
      SequencedMap<String, Tensor> tensors =
          switch (format) {
            case PTH -> TorchReader.read(mapping);
            case SAFETENSORS -> SafetensorsReader.read(mapping);
          };
      if (tensors.isEmpty()) {
        throw ModelFormatException.of(file, "it holds no tensors", MEND);
      }
      return new MappedModelFile(format.name().toLowerCase(Locale.ROOT), mapping, tensors);
    } catch (IOException | RuntimeException e) {
      mapping.close();
      throw e;
    }
  }

  private static Format detect(Mapping file) throws ModelFormatException {
    if (file.size() == 0) {
      throw ModelFormatException.damaged(file.path(), "the file is empty");
    }
    int magic = file.size() < 4 ? 0 : file.i32(0);
    if (magic == ZIP_MAGIC) {
      return Format.PTH;
    }
    refuseKnownStrangers(file, magic);
    if (file.size() > 8 && (file.u8(8) == '{' || file.i64(0) == 0)) {
      return Format.SAFETENSORS;
    }
    throw ModelFormatException.of(file.path(), "its content is of no known model format", MEND);
  }

  private static void refuseKnownStrangers(Mapping file, int magic) throws ModelFormatException {
    if (magic == GGUF_MAGIC || magic == GGUF_MAGIC_BIG_ENDIAN) {
      throw ModelFormatException.of(file.path(), "GGUF files cannot be read by this version", MEND);
    }
    if (magic == GGML_MAGIC) {
      throw ModelFormatException.of(
          file.path(), "rwkv.cpp .bin files cannot be read by this version", MEND);
    }
    if (begins(file, LEGACY_TORCH)) {
      throw ModelFormatException.of(
          file.path(),
          "it is in torch's format of before version 1.6",
          "load and save it once with a newer torch, which writes a zip");
    }
    if (begins(file, LFS_POINTER)) {
      throw ModelFormatException.of(
          file.path(), "this is only a Git LFS pointer", "fetch the weights with: git lfs pull");
    }
  }

  private static boolean begins(Mapping file, byte[] prefix) throws ModelFormatException {
    return file.size() >= prefix.length && Arrays.equals(file.bytes(0, prefix.length), prefix);
  }

  private enum Format {
    PTH,
    SAFETENSORS
  }
}
