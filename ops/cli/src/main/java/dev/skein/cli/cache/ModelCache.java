package dev.skein.cli.cache;

import dev.skein.cli.web.HubException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of models: {@code $SKEIN_HOME/models}, or {@code ~/.cache/skein/models}. Each model
 * has a folder in it, named after the model; {@code vocabularies} holds what several share.
 *
 * @param root the folder; it need not exist
 */
public record ModelCache(Path root) {
  /** Names that an import may be given. */
  static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,40}(:[A-Za-z0-9._-]{1,20})?";

  private static final String VOCABULARIES = "vocabularies";

  /** The one of this user. */
  public static ModelCache of(Map<String, String> environment) {
    String home = environment.getOrDefault("SKEIN_HOME", "").strip();
    Path skein =
        home.isEmpty()
            ? Path.of(System.getProperty("user.home", "."), ".cache", "skein")
            : Path.of(home);
    return new ModelCache(skein.resolve("models").toAbsolutePath().normalize());
  }

  /** Where shared vocabularies are. */
  public Path vocabularies() {
    return root.resolve(VOCABULARIES);
  }

  /** Where a model of that name is, or would be. */
  Path folder(String name) {
    if (name.matches(NAME) && !name.equals(VOCABULARIES)) {
      return root.resolve(name.replace(':', '-'));
    }
    String last = name.substring(name.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9._-]", "_");
    String short60 = last.replaceFirst("^[._-]+", "").replaceFirst("^(.{60}).*$", "$1");
    return root.resolve(short60 + "-" + digest(name));
  }

  /** The model of that name, or null if it is not here. */
  public @Nullable CachedModel find(String name) throws IOException {
    CachedModel model = CachedModel.read(folder(name));
    return model != null && model.name().equals(name) && model.complete() ? model : null;
  }

  /** All models that are here, by name. */
  public List<CachedModel> all() throws IOException {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    List<CachedModel> models = new ArrayList<>();
    try (Stream<Path> folders = Files.list(root)) {
      for (Path folder : folders.filter(Files::isDirectory).toList()) {
        CachedModel model = CachedModel.read(folder);
        if (model != null && model.complete()) {
          models.add(model);
        }
      }
    }
    models.sort(Comparator.comparing(CachedModel::name));
    return models;
  }

  /** Whether a path is that of a model of this cache. */
  public boolean holds(Path path) {
    Path parent = path.toAbsolutePath().normalize().getParent();
    return Objects.equals(parent, root);
  }

  /**
   * Deletes a model; shared vocabularies stay.
   *
   * @return its bytes
   * @throws HubException if there is none of that name
   */
  public long remove(String name) throws IOException {
    Path folder = folder(name);
    CachedModel model = CachedModel.read(folder);
    boolean half = model == null && Files.isDirectory(folder);
    if (!half && (model == null || !model.name().equals(name))) {
      throw HubException.last(
          "there is no model '" + name + "' in " + root + "; see: skein model list");
    }
    long bytes = 0;
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
        Files.delete(file);
      }
    }
    return bytes;
  }

  private static String digest(String text) {
    try {
      byte[] sha =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sha, 0, 4);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
