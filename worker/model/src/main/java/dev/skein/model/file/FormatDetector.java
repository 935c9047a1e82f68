package dev.skein.model.file;

import dev.skein.model.file.ggml.GgufReader;
import dev.skein.model.file.ggml.RwkvCppReader;
import dev.skein.model.file.torch.LegacyTorchReader;
import dev.skein.model.file.torch.TorchReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;

/** Tells a file's format by its first bytes and hands it to that format's reader. */
final class FormatDetector {
  private static final String MEND =
      "give a .pth, .safetensors, .gguf or rwkv.cpp .bin file of an RWKV model";
  private static final int ZIP_MAGIC = 0x04034b50;
  private static final int GGUF_MAGIC = 0x46554747;
  private static final int GGUF_MAGIC_BIG_ENDIAN = 0x47475546;
  private static final int GGML_MAGIC = 0x67676d66;

  /** How files of gzip, bzip2, 7-Zip, xz, zstd and RAR begin. */
  private static final Set<Integer> COMPRESSED =
      Set.of(0x8b1f, 0x5a42, 0x7a37, 0x37fd, 0xb528, 0x6152);

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
      FileContents contents =
          switch (format) {
            case PTH -> TorchReader.read(mapping);
            case PTH_LEGACY -> LegacyTorchReader.read(mapping);
            case SAFETENSORS -> FileContents.of(SafetensorsReader.read(mapping));
            case GGUF -> GgufReader.read(mapping);
            case RWKV_CPP -> RwkvCppReader.read(mapping);
          };
      if (contents.tensors().isEmpty()) {
        throw ModelFormatException.of(file, "it holds no tensors", MEND);
      }
      return new MappedModelFile(format.title, mapping, contents);
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
    if (magic == GGUF_MAGIC) {
      return Format.GGUF;
    }
    if (magic == GGML_MAGIC) {
      return Format.RWKV_CPP;
    }
    if (LegacyTorchReader.recognises(file)) {
      return Format.PTH_LEGACY;
    }
    refuseKnownStrangers(file, magic);
    if (file.size() > 8 && (file.u8(8) == '{' || file.i64(0) == 0)) {
      return Format.SAFETENSORS;
    }
    throw ModelFormatException.of(file.path(), "its content is of no known model format", MEND);
  }

  private static void refuseKnownStrangers(Mapping file, int magic) throws ModelFormatException {
    if (magic == GGUF_MAGIC_BIG_ENDIAN) {
      throw ModelFormatException.of(
          file.path(), "a big-endian GGUF file", "take the usual little-endian one");
    }
    if (file.u8(0) == '<') {
      throw ModelFormatException.of(
          file.path(),
          "this is a web page, not a model",
          "download the file itself; the page may say why it was not sent");
    }
    if (COMPRESSED.contains(magic & 0xffff)) {
      throw ModelFormatException.of(
          file.path(), "the file is compressed", "unpack it and give what was in it");
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
    PTH("pth"),
    PTH_LEGACY("pth-legacy"),
    SAFETENSORS("safetensors"),
    GGUF("gguf"),
    RWKV_CPP("rwkv.cpp");

    private final String title;

    Format(String title) {
      this.title = title;
    }
  }
}
