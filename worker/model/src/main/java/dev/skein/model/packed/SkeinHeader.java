package dev.skein.model.packed;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.Quantization;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a {@code .skein} file says of itself. The file, little-endian:
 *
 * <pre>
 * 0     8 bytes "SKEINMDL"    8  u32 version, 2      12 u32 0
 * 16    u64 size of the file  24 u64 where the header begins   32 u64 bytes of the header
 * 40    u32 CRC32C of the header   44 u32 CRC32C of the first 4096 bytes with zeros here
 * 48    zeros to 4096
 * 4096  sections, without holes: each fills itself up with zeros to the next one, which begins at a
 *       multiple of 4096, or of 64 if it is smaller than that
 * …     the header: JSON, to the end of the file
 * </pre>
 *
 * @param name what the model is called
 * @param quantization how the matrices are packed
 * @param source the format that it was converted from
 * @param fingerprint of the published weights with {@code facts}
 * @param facts what the fingerprint was taken with: architecture, constants, the tokenizer's digest
 * @param description the model's configuration in our own form
 * @param sections in the order of the file
 */
record SkeinHeader(
    String name,
    Quantization quantization,
    String source,
    String fingerprint,
    List<String> facts,
    JsonNode description,
    List<Section> sections) {
  static final long MAGIC = 0x4c444d4e49454b53L; // "SKEINMDL"
  static final int VERSION = 2;
  static final int PREAMBLE = 4096;
  static final int PAGE = 4096;
  static final int LINE = 64;
  static final int HEADER_MAX = 16 << 20;

  private static final int SECTIONS_MAX = 20_000;
  private static final int TEXT_MAX = 400;
  private static final int DIMENSIONS_MAX = 4;
  private static final long DIMENSION_MAX = 1 << 20;

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  static {
    JSON.getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder().maxNestingDepth(32).maxNumberLength(20).build());
  }

  /** Where the next section begins. */
  static long align(long offset, long length) {
    long unit = length < PAGE ? LINE : PAGE;
    return (offset + unit - 1) / unit * unit;
  }

  byte[] toBytes() throws JsonProcessingException {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", name);
    json.put("quantization", quantization.title());
    json.put("source", source);
    json.put("fingerprint", fingerprint);
    facts.forEach(json.putArray("facts")::add);
    json.set("description", description);
    ArrayNode list = json.putArray("sections");
    for (Section section : sections) {
      ObjectNode entry = list.addObject();
      entry.put("name", section.name());
      entry.put("kind", section.kind().title());
      section.shape().forEach(entry.putArray("shape")::add);
      entry.put("offset", section.offset());
      entry.put("length", section.length());
      entry.put("crc32c", section.crc32c());
    }
    return JSON.writeValueAsBytes(json);
  }

  /**
   * Reads a header and checks everything that it says of the file.
   *
   * @param end where the sections end
   * @throws IllegalArgumentException with the fault
   */
  static SkeinHeader parse(byte[] bytes, long end) {
    JsonNode json;
    try {
      json = JSON.readTree(bytes);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "its header is not valid JSON (" + e.getOriginalMessage() + ")", e);
    } catch (java.io.IOException e) {
      throw new IllegalArgumentException("its header is not readable", e);
    }
    List<String> facts = new ArrayList<>();
    for (JsonNode fact : json.path("facts")) {
      facts.add(fact.asText());
    }
    require(facts.size() <= 16, "its header has too many facts");
    require(json.path("description").isObject(), "its header has no description");
    return new SkeinHeader(
        text(json, "name"),
        Quantization.parse(text(json, "quantization")),
        text(json, "source"),
        text(json, "fingerprint"),
        List.copyOf(facts),
        json.path("description"),
        sections(json.path("sections"), end));
  }

  private static List<Section> sections(JsonNode list, long end) {
    require(list.isArray() && !list.isEmpty(), "its header lists no sections");
    require(list.size() <= SECTIONS_MAX, "its header lists too many sections");
    List<Section> sections = new ArrayList<>();
    Set<String> names = new HashSet<>();
    long next = PREAMBLE;
    for (JsonNode entry : list) {
      Section section = section(entry);
      require(names.add(section.name()), "it has two sections '" + section.name() + "'");
      require(
          section.offset() == align(next, section.length())
              && section.length() <= end - section.offset(),
          "section '" + section.name() + "' is not where it should be");
      next = section.offset() + section.length();
      sections.add(section);
    }
    require(align(next, 0) == end, "its sections do not end where its header begins");
    return List.copyOf(sections);
  }

  private static Section section(JsonNode entry) {
    String name = text(entry, "name");
    Section.Kind kind = Section.kind(text(entry, "kind"));
    require(kind != null, "section '" + name + "' is of an unknown kind");
    List<Long> shape = new ArrayList<>();
    for (JsonNode dimension : entry.path("shape")) {
      shape.add(whole(dimension, name));
    }
    boolean matrix = kind instanceof Section.Packed || kind instanceof Section.Factor;
    require(
        shape.size() <= DIMENSIONS_MAX
            && shape.stream().allMatch(d -> d >= 1 && d <= DIMENSION_MAX)
            && (!matrix || shape.size() == 2),
        "section '" + name + "' has an absurd shape");
    Section section =
        new Section(
            name,
            java.util.Objects.requireNonNull(kind),
            List.copyOf(shape),
            whole(entry.path("offset"), name),
            whole(entry.path("length"), name),
            entry.path("crc32c").intValue());
    long expected;
    try {
      expected = section.expectedLength();
    } catch (ArithmeticException e) {
      expected = Long.MAX_VALUE;
    }
    require(
        section.length() >= 1 && (expected < 0 || expected == section.length()),
        "section '" + name + "' has another length than its shape needs");
    return section;
  }

  private static long whole(JsonNode node, String name) {
    require(
        node.isIntegralNumber() && node.canConvertToLong() && node.longValue() >= 0,
        "section '" + name + "' holds something other than whole numbers from 0 on");
    return node.longValue();
  }

  private static String text(JsonNode node, String field) {
    JsonNode value = node.path(field);
    require(
        value.isTextual()
            && value.textValue().length() <= TEXT_MAX
            && value.textValue().chars().noneMatch(Character::isISOControl),
        "its header has no text field " + field);
    return value.textValue();
  }

  private static void require(boolean condition, String fault) {
    if (!condition) {
      throw new IllegalArgumentException(fault);
    }
  }
}
