package dev.skein.model.packed;

import dev.skein.kernels.Int8Matrix;
import dev.skein.kernels.Matrix;
import dev.skein.model.Quantization;
import dev.skein.model.bundle.ModelDescription;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * An open {@code .skein} file, see {@link SkeinHeader}. What its header says is checked when it is
 * opened, and so are small tensors; the checksum of a large section is compared when it is first
 * asked for, so that no byte is used unchecked and none is read that nobody wants.
 *
 * <p>Matrices and tables stand in a mapping that belongs to whoever asked for them and outlives
 * this object. One thread opens and reads.
 */
public final class SkeinFile implements MatrixSource, AutoCloseable {
  private static final String MEND = SkeinPreamble.MEND;
  private static final int PIECE = 1 << 28;
  private static final long SMALL = 16 << 20;

  private final Path path;
  private final FileChannel channel;
  private final SkeinHeader header;
  private final long end;
  private final Arena arena;
  private final MemorySegment data;
  private final SequencedMap<String, Section> tensors = new LinkedHashMap<>();
  private final Map<String, Section> factors = new HashMap<>();
  private final Map<String, Long> ends = new HashMap<>();
  private final Set<String> checked = new HashSet<>();

  private List<byte[]> vocabulary = List.of();
  private @Nullable String tokenizerJson;
  private @Nullable Arena lastingArena;
  private MemorySegment lasting = MemorySegment.NULL;

  private SkeinFile(
      Path path,
      FileChannel channel,
      SkeinHeader header,
      long end,
      Arena arena,
      MemorySegment data) {
    this.path = path;
    this.channel = channel;
    this.header = header;
    this.end = end;
    this.arena = arena;
    this.data = data;
    long next = end;
    for (Section section : header.sections().reversed()) {
      ends.put(section.name(), next);
      next = section.offset();
    }
    for (Section section : header.sections()) {
      if (section.kind() instanceof Section.Published || section.kind() instanceof Section.Packed) {
        tensors.put(section.name(), section);
      }
      if (section.kind() instanceof Section.Factor) {
        factors.put(section.name(), section);
      }
    }
  }

  /** Whether the file begins like one; false too if it cannot be read. */
  public static boolean recognises(Path file) {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer magic = SkeinPreamble.read(channel, 0, (int) Math.min(8, channel.size()));
      return magic.remaining() == 8 && magic.getLong() == SkeinHeader.MAGIC;
    } catch (IOException e) {
      return false; // whoever opens it says why
    }
  }

  /**
   * Opens a file.
   *
   * @throws ModelFormatException if it is no such file, of another version, truncated or changed
   */
  public static SkeinFile open(Path path) throws IOException {
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
    Arena arena = Arena.ofShared();
    boolean opened = false;
    try {
      ByteBuffer preamble = SkeinPreamble.of(path, channel);
      long end = preamble.getLong(24);
      SkeinHeader header = SkeinPreamble.header(path, channel, preamble);
      MemorySegment data = channel.map(MapMode.READ_ONLY, 0, end, arena);
      SkeinFile file = new SkeinFile(path, channel, header, end, arena, data);
      file.checkSmall();
      file.readTokenizer();
      opened = true;
      return file;
    } finally {
      if (!opened) {
        arena.close();
        channel.close();
      }
    }
  }

  /** Whoever looks for a tensor need not ask for it, so the many small ones are checked now. */
  private void checkSmall() throws ModelFormatException {
    for (Section section : tensors.values()) {
      if (section.kind() instanceof Section.Published && section.length() <= SMALL) {
        checkedBytes(section, data);
      }
    }
  }

  // ---- what it says

  /** How its matrices are packed. */
  public Quantization quantization() {
    return header.quantization();
  }

  /**
   * What the published model said of itself.
   *
   * @throws ModelFormatException if a field has a wrong type or value
   */
  public ModelDescription description() throws ModelFormatException {
    return ModelDescription.of(path, header.description());
  }

  private void readTokenizer() throws ModelFormatException {
    for (Section section : header.sections()) {
      if (section.kind() == Section.Blob.VOCABULARY) {
        vocabulary = VocabularyTable.read(path, checkedBytes(section, data));
      }
      if (section.kind() == Section.Blob.TOKENIZER_JSON) {
        byte[] text = checkedBytes(section, data).toArray(ValueLayout.JAVA_BYTE);
        tokenizerJson = new String(text, StandardCharsets.UTF_8);
      }
    }
  }

  @Override
  public List<byte[]> vocabulary() {
    return vocabulary;
  }

  @Override
  public @Nullable String tokenizerJson() {
    return tokenizerJson;
  }

  /**
   * The fingerprint as it was when the model was converted. With other facts (another tokenizer was
   * given) it is derived from that one, and another one.
   */
  @Override
  public @Nullable String statedFingerprint(List<String> facts) {
    return facts.equals(header.facts())
        ? header.fingerprint()
        : Digests.sha256(header.fingerprint() + facts);
  }

  @Override
  public String format() {
    return "skein";
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public SequencedSet<String> names() {
    return Collections.unmodifiableSequencedSet(tensors.sequencedKeySet());
  }

  /** Packed or as published: the kinds of its sections. */
  @Override
  public SortedSet<String> storedTypes() {
    SortedSet<String> types = new TreeSet<>();
    for (Section section : tensors.values()) {
      types.add(section.kind().title().replaceFirst("^raw-", ""));
    }
    return types;
  }

  // ---- tensors

  /** A packed tensor is computed from its matrix, as rounded as that is. */
  @Override
  public @Nullable Tensor find(String name) {
    Section section = tensors.get(name);
    if (section == null) {
      return null;
    }
    long[] shape = section.shape().stream().mapToLong(Long::longValue).toArray();
    return switch (section.kind()) {
      case Section.Published published -> published.tensor(name, shape, slice(section, data));
      case Section.Packed packed ->
          Tensor.computed(name, shape, new Unpacking(section, packed.quantization()));
      case Section.Factor factor -> null;
      case Section.Blob blob -> null;
    };
  }

  @Override
  public Tensor require(String name) throws ModelFormatException {
    Tensor tensor = MatrixSource.super.require(name);
    Section section = tensors.get(name);
    if (section != null && section.kind() instanceof Section.Published) {
      checkedBytes(section, data);
    }
    return tensor;
  }

  @Override
  public Matrix matrix(Tensor tensor, Quantization wanted, Arena owner)
      throws ModelFormatException {
    Section section = tensors.get(tensor.name());
    if (section == null || !(section.kind() instanceof Section.Packed(Quantization q))) {
      throw ModelFormatException.of(path, "'" + tensor.name() + "' is no packed matrix", MEND);
    }
    if (q != wanted) {
      throw ModelFormatException.of(
          path,
          "its weights are %s, not %s".formatted(q.title(), wanted.title()),
          "leave --quant away, or take the model that it was converted from");
    }
    return matrix(section, q, checkedBytes(section, lasting(owner)));
  }

  @Override
  public Matrix factor(String name, int rows, int columns, Arena owner, Packing packing)
      throws ModelFormatException {
    Section section = factors.get(name);
    if (section == null
        || !(section.kind() instanceof Section.Factor(FactorForm form))
        || !section.shape().equals(List.of((long) rows, (long) columns))) {
      throw ModelFormatException.of(path, "'" + name + "' is missing or misshapen", MEND);
    }
    return form.of(rows, columns, checkedBytes(section, lasting(owner)));
  }

  private Matrix matrix(Section section, Quantization q, MemorySegment image)
      throws ModelFormatException {
    try {
      return MatrixForm.of(
          q, section.shape().get(0).intValue(), section.shape().get(1).intValue(), image);
    } catch (IllegalArgumentException e) {
      throw ModelFormatException.of(path, "'" + section.name() + "' has " + e.getMessage(), MEND);
    }
  }

  @Override
  public Tensor table(Tensor tensor, Arena owner) throws ModelFormatException {
    Section section = tensors.get(tensor.name());
    if (section == null || !(section.kind() instanceof Section.Published kind)) {
      throw ModelFormatException.of(path, "'" + tensor.name() + "' is no table", MEND);
    }
    MemorySegment bytes = checkedBytes(section, lasting(owner));
    return kind.tensor(tensor.name(), tensor.shape(), bytes);
  }

  private MemorySegment lasting(Arena owner) throws ModelFormatException {
    if (!owner.equals(lastingArena)) {
      try {
        lasting = channel.map(MapMode.READ_ONLY, 0, end, owner);
        lastingArena = owner;
      } catch (IOException e) {
        throw ModelFormatException.of(
            path, "the file cannot be mapped (" + e.getMessage() + ")", "free some memory");
      }
    }
    return lasting;
  }

  private static MemorySegment slice(Section section, MemorySegment mapping) {
    return mapping.asSlice(section.offset(), section.length());
  }

  private MemorySegment checkedBytes(Section section, MemorySegment mapping)
      throws ModelFormatException {
    if (checked.add(section.name()) && checksum(section, mapping) != section.crc32c()) {
      checked.remove(section.name());
      throw ModelFormatException.of(
          path, "the checksum of '" + section.name() + "' is wrong", MEND);
    }
    return slice(section, mapping);
  }

  private int checksum(Section section, MemorySegment mapping) {
    long to = ends.getOrDefault(section.name(), end);
    CRC32C crc = new CRC32C();
    for (long at = section.offset(); at < to; at += PIECE) {
      crc.update(mapping.asSlice(at, Math.min(PIECE, to - at)).asByteBuffer());
    }
    return (int) crc.getValue();
  }

  /**
   * Compares every checksum, and what can be known beyond them.
   *
   * @throws ModelFormatException naming the first section that is wrong
   */
  public void verify() throws ModelFormatException {
    for (Section section : header.sections()) {
      MemorySegment bytes = checkedBytes(section, data);
      if (section.kind() instanceof Section.Packed packed) {
        Matrix matrix = matrix(section, packed.quantization(), bytes);
        if (matrix instanceof Int8Matrix int8 && !int8.consistent()) {
          throw ModelFormatException.of(
              path, "the marks of '" + section.name() + "' contradict its weights", MEND);
        }
      }
    }
  }

  /** Reads elements of a packed tensor, row by row. */
  private final class Unpacking implements Tensor.Elements {
    private final Section section;
    private final Quantization quantization;

    Unpacking(Section section, Quantization quantization) {
      this.section = section;
      this.quantization = quantization;
    }

    @Override
    public void read(long first, float[] out, int at, int count) {
      try {
        Matrix matrix = matrix(section, quantization, checkedBytes(section, data));
        float[] row = new float[matrix.columns()];
        for (long from = first; from < first + count; ) {
          int column = (int) (from % row.length);
          int n = (int) Math.min(row.length - column, first + count - from);
          matrix.read((int) (from / row.length), row);
          System.arraycopy(row, column, out, (int) (at + from - first), n);
          from += n;
        }
      } catch (ModelFormatException e) {
        Arrays.fill(out, at, at + count, Float.NaN);
      }
    }
  }

  @Override
  public void close() {
    arena.close();
    try {
      channel.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
