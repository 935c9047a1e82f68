package dev.skein.model.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The index of a model in several files ({@code model.safetensors.index.json}): {@code
 * {"weight_map": {tensor: file}}}. The files lie beside the index; a name that could lead anywhere
 * else is refused.
 *
 * @param path of the index
 * @param fileOfTensor the plain name of the file that holds each tensor
 */
record ShardIndex(Path path, SequencedMap<String, String> fileOfTensor) {
  private static final long SIZE_MAX = 16 << 20;
  private static final int SHARDS_MAX = 1000;
  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,200}");
  private static final String MEND = "fetch the whole folder again";
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  static {
    JSON.getFactory()
        .setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).build());
  }

  /**
   * Whether a file is JSON text, as an index is and no file of weights; false too if it cannot be
   * read.
   */
  static boolean isJson(Path file) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] begin = in.readNBytes(8); // in safetensors, a length: bytes of zero among them
      int first = 0;
      while (first < begin.length && Character.isWhitespace(begin[first])) {
        first++;
      }
      boolean text = first < begin.length && begin[first] == '{';
      for (byte b : begin) {
        text &= b >= ' ' || Character.isWhitespace(b);
      }
      return text;
    } catch (IOException e) {
      return false; // whoever opens it says why
    }
  }

  /**
   * Reads an index.
   *
   * @throws ModelFormatException if it is none, or names a file that is no plain name or not there
   */
  static ShardIndex read(Path path) throws IOException {
    if (Files.size(path) > SIZE_MAX) {
      throw ModelFormatException.damaged(path, "an index has at most " + SIZE_MAX + " bytes");
    }
    SequencedMap<String, String> fileOfTensor = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : weightMap(path).properties()) {
      fileOfTensor.put(entry.getKey(), plainName(path, entry.getValue()));
    }
    ShardIndex index = new ShardIndex(path, fileOfTensor);
    for (Path shard : index.shards().values()) {
      if (!Files.isRegularFile(shard)) {
        throw ModelFormatException.of(
            path, "it names " + shard.getFileName() + ", which is not there", MEND);
      }
    }
    return index;
  }

  private static JsonNode weightMap(Path path) throws IOException {
    try {
      JsonNode map = JSON.readTree(new String(Files.readAllBytes(path), UTF_8)).path("weight_map");
      if (!map.isObject() || map.isEmpty()) {
        throw ModelFormatException.of(
            path,
            "this is JSON, but no index of a model's files (it has no weight_map)",
            "give the model's folder, or its file of weights");
      }
      return map;
    } catch (JsonProcessingException e) {
      throw ModelFormatException.damaged(
          path, "it is not valid JSON (" + e.getOriginalMessage() + ")");
    }
  }

  private static String plainName(Path path, JsonNode name) throws ModelFormatException {
    if (!name.isTextual() || !PLAIN_NAME.matcher(name.textValue()).matches()) {
      throw ModelFormatException.of(
          path,
          "it names something that is no plain file of its own folder",
          "do not trust this model; take the published one");
    }
    return name.textValue();
  }

  /** The files that are named, by name. */
  SequencedMap<String, Path> shards() throws ModelFormatException {
    SequencedMap<String, Path> shards = new TreeMap<>();
    for (String name : fileOfTensor.values()) {
      shards.put(name, path.resolveSibling(name));
    }
    if (shards.size() > SHARDS_MAX) {
      throw ModelFormatException.damaged(path, "it names more than " + SHARDS_MAX + " files");
    }
    return shards;
  }

  /**
   * Opens all files as one.
   *
   * @throws ModelFormatException if index and files contradict each other
   */
  ModelFile open() throws IOException {
    SequencedMap<String, ModelFile> open = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, Path> shard : shards().entrySet()) {
        open.put(shard.getKey(), ModelFile.open(shard.getValue()));
      }
      return new ShardedModelFile(path, open.sequencedValues(), tensors(open));
    } catch (IOException | RuntimeException e) {
      open.values().forEach(ModelFile::close);
      throw e;
    }
  }

  private SequencedMap<String, Tensor> tensors(SequencedMap<String, ModelFile> open)
      throws ModelFormatException {
    for (Map.Entry<String, ModelFile> shard : open.entrySet()) {
      for (String name : shard.getValue().names()) {
        if (!shard.getKey().equals(fileOfTensor.get(name))) {
          throw ModelFormatException.of(
              path,
              "%s holds tensor '%s', which the index does not seek there"
                  .formatted(shard.getKey(), printable(name)),
              MEND);
        }
      }
    }
    SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, String> entry : fileOfTensor.entrySet()) {
      ModelFile shard = open.get(entry.getValue());
      Tensor tensor = shard == null ? null : shard.find(entry.getKey());
      if (tensor == null) {
        throw ModelFormatException.of(
            path,
            "tensor '%s' is not in %s, where the index seeks it"
                .formatted(printable(entry.getKey()), entry.getValue()),
            MEND);
      }
      tensors.put(entry.getKey(), tensor);
    }
    return tensors;
  }

  private static String printable(String name) {
    return name.length() > 80 ? name.substring(0, 80) + "…" : name.replaceAll("\\p{Cntrl}", "?");
  }
}
