package dev.skein.router.admission;

import dev.skein.router.RouterException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The tenants and the digests of their keys, as a file of keys says:
 *
 * <pre>
 * tenant acme requests_per_minute=600 tokens_per_minute=100000 streams=16 sessions=1000 state_bytes=4000000000
 * key acme sha256:9f86d081…
 * key acme sha256:60303ae2… access=read
 * tenant old suspended
 * </pre>
 *
 * A key is 256 random bits ({@code skein key}), so that its plain SHA-256 gives nothing away.
 */
final class KeyRing {
  private static final Pattern NAME = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?");
  private static final String DIGEST = "sha256:";
  private static final int DIGEST_BYTES = 32;

  private final List<Key> keys = new ArrayList<>();
  private final Map<String, Tenant> tenants = new LinkedHashMap<>();

  /**
   * @param suspended known, and not allowed to do anything
   */
  record Tenant(String name, Quotas quotas, boolean suspended) {}

  /**
   * @param readOnly may look, and change or generate nothing
   */
  record Key(String tenant, byte[] digest, boolean readOnly) {}

  private KeyRing() {}

  /** Tenants by name. */
  Map<String, Tenant> tenants() {
    return tenants;
  }

  /** Reads a file's lines; blank ones and those that begin with {@code #} say nothing. */
  static KeyRing parse(List<String> lines) throws RouterException {
    KeyRing ring = new KeyRing();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        ring.read(List.of(line.split("\\s+")), i + 1);
      }
    }
    for (Key key : ring.keys) {
      if (!ring.tenants.containsKey(key.tenant)) {
        throw new RouterException(
            "A key is of tenant '" + key.tenant + "', of which there is no line 'tenant'.");
      }
    }
    if (ring.keys.isEmpty()) {
      throw new RouterException("There is no key: 'skein key TENANT' makes one.");
    }
    return ring;
  }

  private void read(List<String> words, int line) throws RouterException {
    String name = words.size() > 1 ? words.get(1) : "";
    if (!NAME.matcher(name).matches()) {
      throw refused(
          line,
          "a tenant's name is 1 to 64 lower-case letters, digits and hyphens, not '" + name + "'");
    }
    List<String> options = words.subList(2, words.size());
    switch (words.getFirst()) {
      case "tenant" -> {
        if (tenants.put(name, tenant(name, options, line)) != null) {
          throw refused(line, "tenant '" + name + "' has two lines");
        }
      }
      case "key" -> keys.add(key(name, options, line));
      default ->
          throw refused(
              line, "it begins with 'tenant' or 'key', not with '" + words.getFirst() + "'");
    }
  }

  private static Tenant tenant(String name, List<String> options, int line) throws RouterException {
    Map<String, Long> quotas = new LinkedHashMap<>();
    boolean suspended = false;
    for (String option : options) {
      if (option.equals("suspended")) {
        suspended = true;
      } else {
        String[] pair = option.split("=", 2);
        quotas.put(pair[0], amount(option, pair, line));
      }
    }
    Quotas limits =
        new Quotas(
            take(quotas, "requests_per_minute"),
            take(quotas, "tokens_per_minute"),
            take(quotas, "streams"),
            take(quotas, "sessions"),
            take(quotas, "state_bytes"));
    if (!quotas.isEmpty()) {
      throw refused(
          line,
          "there is no quota '"
              + quotas.keySet().iterator().next()
              + "', only requests_per_minute, tokens_per_minute, streams, sessions, state_bytes");
    }
    return new Tenant(name, limits, suspended);
  }

  private static long take(Map<String, Long> quotas, String name) {
    Long found = quotas.remove(name);
    return found == null ? Quotas.UNLIMITED : found;
  }

  private static long amount(String option, String[] pair, int line) throws RouterException {
    if (pair.length == 2 && pair[1].matches("[0-9]{1,15}")) {
      return Long.parseLong(pair[1]);
    }
    throw refused(line, "'" + option + "' is not QUOTA=NUMBER");
  }

  private static Key key(String name, List<String> options, int line) throws RouterException {
    if (options.isEmpty() || options.size() > 2) {
      throw refused(line, "a key is 'key TENANT sha256:DIGEST [access=read]'");
    }
    boolean readOnly = options.size() == 2;
    if (readOnly && !options.get(1).equals("access=read")) {
      throw refused(line, "a key's only option is access=read, not '" + options.get(1) + "'");
    }
    String digest = options.getFirst();
    if (!digest.startsWith(DIGEST)
        || !digest.substring(DIGEST.length()).matches("[0-9a-f]{" + 2 * DIGEST_BYTES + "}")) {
      throw refused(
          line, "a key is written as sha256: and the 64 hexadecimal digits of its digest");
    }
    return new Key(name, HexFormat.of().parseHex(digest.substring(DIGEST.length())), readOnly);
  }

  /** The key whose digest this text has; every key is looked at, whichever it is. */
  @Nullable Key find(String presented) {
    byte[] digest = digest(presented);
    Key found = null;
    for (Key key : keys) {
      if (MessageDigest.isEqual(key.digest, digest)) {
        found = key;
      }
    }
    return found;
  }

  private static byte[] digest(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256.", e);
    }
  }

  private static RouterException refused(int line, String what) {
    return new RouterException("Line " + line + ": " + what + ".");
  }
}
