package dev.skein.cli.hub;

import dev.skein.cli.web.HubException;
import dev.skein.cli.web.HubSettings;
import dev.skein.cli.web.Web;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a file is.
 *
 * @param uri to ask
 * @param repository {@code owner/name} on the hub, or null if the file is not of one
 * @param file the path of the file in its repository, or the last part of a plain address
 * @param shown the address as a person wrote it or would write it
 */
public record HubAddress(URI uri, @Nullable String repository, String file, String shown) {
  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
  private static final Pattern REPOSITORY = Pattern.compile(NAME + "/" + NAME);
  private static final Pattern SCHEME =
      Pattern.compile(
          "(hf|ms)://((?:spaces/|datasets/)?)("
              + NAME
              + "/"
              + NAME
              + ")(?:@([\\w.-]{1,80}))?(/.*)?");
  private static final Pattern PAGE =
      Pattern.compile("/(" + NAME + "/" + NAME + ")/(?:resolve|blob)/([^/]+)/(.+)");
  private static final int LENGTH_MAX = 2000;

  /** Whether the text is meant as an address: {@code hf://}, {@code ms://} or of the web. */
  public static boolean looksLikeOne(String text) {
    return text.matches("(?s)(hf|ms|https?)://.*");
  }

  /**
   * Reads {@code hf://owner/name[@revision]/file}, {@code ms://owner/name/file} or an address of
   * the web. The address of a hub's page about a file ({@code …/blob/…}) means the file.
   *
   * @throws HubException if it is none of these
   */
  public static HubAddress parse(String text, HubSettings settings) throws HubException {
    Matcher scheme = SCHEME.matcher(text);
    if (text.length() > LENGTH_MAX || (!scheme.matches() && !text.matches("https?://.*"))) {
      throw notOne(text);
    }
    return scheme.matches() ? ofScheme(scheme, text, settings) : ofWeb(text, settings);
  }

  /** The address of a file in a model repository of the hub. */
  public static HubAddress of(String repository, String file, HubSettings settings) {
    if (!REPOSITORY.matcher(repository).matches()) {
      throw new IllegalArgumentException("no repository: " + repository);
    }
    return new HubAddress(
        resolve(settings.hub(), repository, "main", file),
        repository,
        file,
        "hf://" + repository + "/" + file);
  }

  private static HubAddress ofScheme(Matcher scheme, String text, HubSettings settings)
      throws HubException {
    String file = scheme.group(5) == null ? "" : scheme.group(5).substring(1);
    if (file.isEmpty() || file.endsWith("/")) {
      throw HubException.last(
          text
              + " names a repository, not a file: add the file's path, as in "
              + text.replaceAll("/+$", "")
              + "/model.pth");
    }
    if (!plain(file)) {
      throw notOne(text);
    }
    boolean modelScope = scheme.group(1).equals("ms");
    String revision = scheme.group(4) == null ? (modelScope ? "master" : "main") : scheme.group(4);
    String repository = scheme.group(3);
    String place = (modelScope ? "models/" : scheme.group(2)) + repository;
    URI root = modelScope ? settings.modelScope() : settings.hub();
    boolean model = !modelScope && scheme.group(2).isEmpty();
    return new HubAddress(
        resolve(root, place, revision, file), model ? repository : null, file, text);
  }

  private static HubAddress ofWeb(String text, HubSettings settings) throws HubException {
    URI uri = Web.uri(text);
    if (uri == null || uri.getPath() == null) {
      throw notOne(text);
    }
    Matcher page = PAGE.matcher(uri.getPath());
    if (Web.sameOrigin(uri, settings.hub()) && page.matches() && plain(page.group(3))) {
      return new HubAddress(
          resolve(settings.hub(), page.group(1), page.group(2), page.group(3)),
          page.group(1),
          page.group(3),
          text);
    }
    String last = uri.getRawPath().substring(uri.getRawPath().lastIndexOf('/') + 1);
    String file = URLDecoder.decode(last.replace("+", "%2B"), StandardCharsets.UTF_8);
    if (file.isEmpty() || file.contains("/") || !plain(file)) {
      throw HubException.last(text + " ends in no file name: give the address of the file itself");
    }
    return new HubAddress(uri, null, file, text);
  }

  /** Whether a path stays inside its repository and is fit to be shown. */
  static boolean plain(String path) {
    return path.chars().allMatch(c -> c >= ' ' && c != 0x7f && c != '\\')
        && !("/" + path + "/").contains("/../")
        && !("/" + path + "/").contains("/./")
        && !path.contains("//");
  }

  private static URI resolve(URI root, String place, String revision, String file) {
    return URI.create(
        root + "/" + place + "/resolve/" + Web.escape(revision) + "/" + Web.escape(file));
  }

  private static HubException notOne(String text) {
    String shown = text.length() > 200 ? text.substring(0, 200) + "…" : text;
    return HubException.last(
        "'"
            + shown
            + "' is no address of a file: write hf://owner/repository/file,"
            + " ms://owner/repository/file or https://…");
  }
}
