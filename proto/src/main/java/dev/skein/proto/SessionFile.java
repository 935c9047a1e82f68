package dev.skein.proto;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * A session as a file: what is exported here and imported there. {@code SKEINEX1}, the length of
 * the manifest (4 bytes, big endian) and the manifest, the length of the snapshot (8 bytes) and the
 * snapshot as it was stored, then the SHA-256 of all before. The last character of the first word
 * is the version of this layout.
 *
 * @param manifest of the session's head, with one slot, or none if the session has no snapshot
 * @param snapshot bytes of a {@link Snapshot}; empty without a slot
 */
public record SessionFile(Manifest manifest, ByteString snapshot) {
  private static final byte[] MAGIC = "SKEINEX1".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSIONLESS = MAGIC.length - 1;
  private static final int DIGEST_BYTES = 32;
  private static final int LENGTHS = Integer.BYTES + Long.BYTES;

  /**
   * A file of a session's head. What means something only where the session lived is left out: the
   * ids of its requests, its pins, a turn under way, and where its transcript lies.
   *
   * @param name what the file calls the session
   */
  public static SessionFile of(String name, Manifest manifest, ByteString snapshot) {
    Manifest.Builder head =
        manifest.toBuilder()
            .setSession(name)
            .clearRecent()
            .clearPins()
            .clearUnfinished()
            .clearAnewAfter()
            .clearSlots();
    if (manifest.getSlotsCount() > 0) {
      head.addSlots(manifest.getSlots(manifest.getSlotsCount() - 1));
    }
    if (manifest.hasHead()) {
      head.setHead(manifest.getHead().toBuilder().clearSession().setTranscriptFrom(-1));
    }
    return new SessionFile(head.build(), snapshot);
  }

  /** The file's bytes. */
  public byte[] write() {
    byte[] head = manifest.toByteArray();
    int length = MAGIC.length + LENGTHS + head.length + snapshot.size() + DIGEST_BYTES;
    ByteBuffer file = ByteBuffer.allocate(length);
    file.put(MAGIC).putInt(head.length).put(head).putLong(snapshot.size());
    snapshot.copyTo(file);
    MessageDigest digest = sha256();
    digest.update(file.array(), 0, file.position());
    return file.put(digest.digest()).array();
  }

  /**
   * Reads a file, and trusts nothing of it.
   *
   * @throws BadRecordException with a sentence, if it is no such file or not the one that was
   *     written
   */
  public static SessionFile parse(byte[] bytes) throws BadRecordException {
    if (bytes.length < MAGIC.length
        || !Arrays.equals(MAGIC, 0, VERSIONLESS, bytes, 0, VERSIONLESS)) {
      throw refused("This is not an exported session: it does not begin with SKEINEX1.");
    }
    if (bytes[VERSIONLESS] != MAGIC[VERSIONLESS]) {
      throw refused(
          "This exported session has a version of the file format that is not known here.");
    }
    int end = bytes.length - DIGEST_BYTES;
    if (end < MAGIC.length + LENGTHS) {
      throw refused("The exported session is cut off.");
    }
    MessageDigest digest = sha256();
    digest.update(bytes, 0, end);
    if (!Arrays.equals(digest.digest(), Arrays.copyOfRange(bytes, end, bytes.length))) {
      throw refused("The exported session is damaged: its checksum does not fit.");
    }
    return parts(ByteBuffer.wrap(bytes, MAGIC.length, end - MAGIC.length));
  }

  private static SessionFile parts(ByteBuffer rest) throws BadRecordException {
    int manifest = rest.getInt();
    if (manifest < 0 || manifest > rest.remaining() - Long.BYTES) {
      throw refused("The exported session is damaged: its manifest has no fitting length.");
    }
    ByteString head = ByteString.copyFrom(rest, manifest);
    if (rest.getLong() != rest.remaining()) {
      throw refused("The exported session is damaged: its snapshot has no fitting length.");
    }
    try {
      return new SessionFile(Manifest.parseFrom(head), ByteString.copyFrom(rest));
    } catch (InvalidProtocolBufferException e) {
      throw refused("The exported session is damaged: its manifest cannot be read.");
    }
  }

  private static BadRecordException refused(String message) {
    return new BadRecordException(BadRecordException.INVALID_REQUEST, message);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256.", e);
    }
  }
}
