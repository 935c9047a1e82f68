package dev.skein.proto;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * What may name a session: 1 to {@link Wire#SESSION_BYTES_MAX} bytes of UTF-8 without control
 * characters, not beginning with {@code #} (such names are Skein's own).
 */
public final class SessionId {

  private SessionId() {}

  /**
   * The session that a record's key names.
   *
   * @throws BadRecordException if the key is not UTF-8 or cannot name a session
   */
  public static String ofKey(byte[] key) throws BadRecordException {
    String id;
    try {
      id = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(key)).toString();
    } catch (CharacterCodingException e) {
      throw new BadRecordException(
          BadRecordException.INVALID_REQUEST, "session", "The record's key is not UTF-8.");
    }
    return check(id);
  }

  /**
   * Returns {@code id} if it may name a session.
   *
   * @throws BadRecordException if not
   */
  public static String check(String id) throws BadRecordException {
    if (id.isEmpty()) {
      throw refused("A session id must not be empty.");
    }
    if (id.getBytes(StandardCharsets.UTF_8).length > Wire.SESSION_BYTES_MAX) {
      throw refused("A session id has at most " + Wire.SESSION_BYTES_MAX + " bytes.");
    }
    if (id.charAt(0) == '#') {
      throw refused("A session id must not begin with '#'.");
    }
    if (id.codePoints().anyMatch(Character::isISOControl)) {
      throw refused("A session id must not contain control characters.");
    }
    return id;
  }

  private static BadRecordException refused(String message) {
    return new BadRecordException(BadRecordException.INVALID_REQUEST, "session", message);
  }
}
