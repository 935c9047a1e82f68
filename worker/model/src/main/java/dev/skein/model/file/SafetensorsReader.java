package dev.skein.model.file;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads safetensors: 8 bytes length n (little-endian), n bytes JSON {@code {"name": {"dtype":
 * "F16", "shape": […], "data_offsets": [begin, end]}, …, "__metadata__": {…}}}, then the data, to
 * which the offsets count. As the format demands, the tensors must cover the data exactly, without
 * hole or overlap.
 */
final class SafetensorsReader {
  /** Real headers are below 1 MB; the limit bounds what a damaged length can make us allocate. */
  private static final int HEADER_MAX = 16 << 20;

  private static final int DIMENSIONS_MAX = 8;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(8)
                  .maxNameLength(1024)
                  .maxNumberLength(20)
                  .build())
          .build();

  private final Mapping file;
  private final long dataStart;
  private final List<Entry> entries = new ArrayList<>();

  private SafetensorsReader(Mapping file, long dataStart) {
    this.file = file;
    this.dataStart = dataStart;
  }

  static SequencedMap<String, Tensor> read(Mapping file) throws IOException {
    long length = file.i64(0);
    if (length < 2 || length > file.size() - 8) {
      throw ModelFormatException.damaged(
          file.path(),
          "its header claims " + Long.toUnsignedString(length) + " of " + file.size() + " bytes");
    }
    if (length > HEADER_MAX) {
      throw ModelFormatException.damaged(
          file.path(), "its header is larger than " + HEADER_MAX + " bytes");
    }
    SafetensorsReader reader = new SafetensorsReader(file, 8 + length);
    reader.parse(reader.decode(file.bytes(8, (int) length)));
    return reader.tensors();
  }

  private String decode(byte[] header) throws ModelFormatException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(header)).toString();
    } catch (CharacterCodingException e) {
      throw bad("its header is not valid UTF-8");
    }
  }

  private void parse(String header) throws IOException {
    try (JsonParser json = JSON.createParser(header)) {
      expect(json.nextToken() == JsonToken.START_OBJECT, "its header is not a JSON object");
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        if (name.equals("__metadata__")) {
          skipMetadata(json);
        } else {
          entries.add(entry(json, name));
        }
      }
      expect(json.nextToken() == null, "text follows the JSON of its header");
    } catch (JsonProcessingException e) {
      throw bad("its header is not valid JSON (" + e.getOriginalMessage() + ")");
    }
  }

  private void skipMetadata(JsonParser json) throws IOException {
    expect(json.currentToken() == JsonToken.START_OBJECT, "__metadata__ is not an object");
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      expect(json.nextToken() == JsonToken.VALUE_STRING, "__metadata__ holds more than strings");
    }
  }

  private Entry entry(JsonParser json, String name) throws IOException {
    expect(json.currentToken() == JsonToken.START_OBJECT, quoted(name) + " is not an object");
    String type = null;
    long[] shape = null;
    long[] offsets = null;
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "dtype" -> {
          expect(json.currentToken() == JsonToken.VALUE_STRING, quoted(name) + " has no dtype");
          type = json.getText();
        }
        case "shape" -> shape = numbers(json, name, field, DIMENSIONS_MAX);
        case "data_offsets" -> offsets = numbers(json, name, field, 2);
        default -> throw bad(quoted(name) + " has an unknown field " + quoted(field));
      }
    }
    return entry(name, type, shape, offsets);
  }

  private Entry entry(
      String name, @Nullable String type, long @Nullable [] shape, long @Nullable [] offsets)
      throws ModelFormatException {
    if (type == null || shape == null || offsets == null || offsets.length != 2) {
      throw bad(quoted(name) + " lacks dtype, shape or data_offsets");
    }
    Entry entry = new Entry(name, type(name, type), shape, offsets[0], offsets[1]);
    long size = file.size() - dataStart;
    expect(
        entry.begin <= entry.end && entry.end <= size,
        quoted(name) + " lies at bytes " + entry.begin + " to " + entry.end + " of " + size);
    expect(
        entry.end - entry.begin == bytes(entry),
        "the shape of "
            + quoted(name)
            + " does not match its "
            + (entry.end - entry.begin)
            + " bytes");
    return entry;
  }

  private DataType type(String name, String type) throws ModelFormatException {
    return switch (type) {
      case "F32" -> DataType.F32;
      case "F16" -> DataType.F16;
      case "BF16" -> DataType.BF16;
      case "I32" -> DataType.I32;
      default ->
          throw ModelFormatException.of(
              file.path(),
              quoted(name) + " has the element type " + quoted(type),
              "convert the model to F32, F16 or BF16");
    };
  }

  private long bytes(Entry entry) throws ModelFormatException {
    try {
      long elements = Tensor.count(entry.shape);
      expect(elements > 0, quoted(entry.name) + " has no elements");
      return Math.multiplyExact(elements, entry.type.bytes());
    } catch (ArithmeticException e) {
      throw bad("the shape of " + quoted(entry.name) + " is too large for any file");
    }
  }

  private long[] numbers(JsonParser json, String name, String field, int limit) throws IOException {
    expect(
        json.currentToken() == JsonToken.START_ARRAY, quoted(name) + ": " + field + " is no list");
    long[] values = new long[limit];
    int count = 0;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      expect(count < limit, quoted(name) + ": " + field + " is too long");
      boolean whole =
          json.currentToken() == JsonToken.VALUE_NUMBER_INT
              && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
      expect(
          whole && json.getLongValue() >= 0,
          quoted(name) + ": " + field + " holds something other than whole numbers from 0 on");
      values[count++] = json.getLongValue();
    }
    return Arrays.copyOf(values, count);
  }

  private SequencedMap<String, Tensor> tensors() throws ModelFormatException {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::begin));
    long covered = 0;
    for (Entry entry : sorted) {
      expect(entry.begin >= covered, quoted(entry.name) + " overlaps another tensor");
      expect(entry.begin == covered, "a hole lies before " + quoted(entry.name));
      covered = entry.end;
    }
    expect(covered == file.size() - dataStart, "bytes follow after the last tensor");
    SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    for (Entry entry : entries) {
      tensors.put(
          entry.name,
          Tensor.of(
              entry.name,
              entry.type,
              entry.shape,
              file.slice(dataStart + entry.begin, entry.end - entry.begin)));
    }
    return tensors;
  }

  private void expect(boolean condition, String fault) throws ModelFormatException {
    if (!condition) {
      throw bad(fault);
    }
  }

  private ModelFormatException bad(String fault) {
    return ModelFormatException.damaged(file.path(), fault);
  }

  private static String quoted(String name) {
    return "'" + Printable.of(name) + "'";
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Entry(String name, DataType type, long[] shape, long begin, long end) {}
}
