package dev.skein.model.bundle;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;

/**
 * Says which model this is: SHA-256 over everything that a state depends on, apart from the
 * arithmetic. Weights count as published (name, type, shape and row-major bytes, in the order of
 * the names), so one model has one fingerprint, in whatever container it came.
 */
public final class Fingerprint {
  private static final int PIECE = 1 << 20;

  /** After so many elements the pages that they stand in are given back. */
  private static final long UNLOAD_ELEMENTS = 1 << 22;

  private final MessageDigest sha;

  private Fingerprint(MessageDigest sha) {
    this.sha = sha;
  }

  /**
   * Reads all weights once; what a converted file says of the weights that it was made from, it is
   * believed.
   *
   * @param facts what else makes the model what it is: architecture, constants, the tokenizer's
   *     digest
   * @return 64 hex digits
   */
  public static String of(ModelFile file, String... facts) throws ModelFormatException {
    String stated = file.statedFingerprint(List.of(facts));
    if (stated != null) {
      return stated;
    }
    Fingerprint fingerprint = new Fingerprint(sha());
    for (String fact : facts) {
      fingerprint.text(fact);
    }
    for (String name : new TreeSet<>(file.names())) {
      fingerprint.tensor(file, file.require(name));
      file.unload();
    }
    return HexFormat.of().formatHex(fingerprint.sha.digest());
  }

  private void text(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    sha.update((bytes.length + ":").getBytes(UTF_8));
    sha.update(bytes);
  }

  private void tensor(ModelFile file, Tensor tensor) {
    text(tensor.name());
    text(tensor.type() + Arrays.toString(tensor.shape()));
    int size = tensor.type().bytes();
    byte[] piece = new byte[(int) Math.min(PIECE, tensor.elements() * size)];
    for (long first = 0; first < tensor.elements(); first += piece.length / size) {
      int count = (int) Math.min(piece.length / size, tensor.elements() - first);
      tensor.copyBytes(first, piece, count);
      sha.update(piece, 0, count * size);
      if (first / UNLOAD_ELEMENTS != (first + count) / UNLOAD_ELEMENTS) {
        file.unload();
      }
    }
  }

  private static MessageDigest sha() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
