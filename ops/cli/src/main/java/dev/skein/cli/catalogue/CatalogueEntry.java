package dev.skein.cli.catalogue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.cli.hub.RemoteFile;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A published model.
 *
 * @param name {@code series:size}
 * @param title of the series, for people
 * @param version of RWKV: 4, 5, 6 or 7
 * @param repository {@code owner/name} on the hub
 * @param pattern of the names of its files; the first group is the date, yyyymmdd
 * @param pinned the file that is taken if the repository cannot be listed
 * @param licence of the weights
 * @param vocabulary that it was trained with
 * @param template how chats are laid out, as a model's configuration says it
 * @param sampling how tokens are drawn if nobody says it, likewise
 * @param parameters of the model
 * @param embedding those of them in the embedding table
 * @param context tokens of the longest context in training
 */
public record CatalogueEntry(
    String name,
    String title,
    String version,
    String repository,
    Pattern pattern,
    RemoteFile pinned,
    String licence,
    Vocabulary vocabulary,
    JsonNode template,
    JsonNode sampling,
    long parameters,
    long embedding,
    int context) {
  private static final Pattern CONTEXT = Pattern.compile("ctx([0-9]{1,7})(k?)");
  private static final DateTimeFormatter DATE = DateTimeFormatter.BASIC_ISO_DATE;

  /** Bytes of the weights in memory with --quant int8: the embedding table stays as published. */
  public long memoryInt8() {
    return parameters + embedding;
  }

  /** Bytes that one token reads with --quant int8: everything but the embedding table. */
  public long bytesPerToken() {
    return parameters - embedding;
  }

  /** Bytes of the published file, about: two a parameter. */
  public long download() {
    return pinned.bytes() > 0 ? pinned.bytes() : 2 * parameters;
  }

  /** Whether a file of that name is this model. */
  public boolean matches(String file) {
    return date(file).isPresent();
  }

  /**
   * The newest file of this model in a repository's listing. What does not match the pattern from
   * beginning to end, or bears no real date, is not looked at.
   */
  public Optional<RemoteFile> newest(List<RemoteFile> listing) {
    return listing.stream()
        .filter(file -> matches(file.path()))
        .max(
            Comparator.comparing((RemoteFile file) -> date(file.path()).orElse(LocalDate.MIN))
                .thenComparing(RemoteFile::path));
  }

  private Optional<LocalDate> date(String file) {
    Matcher matcher = pattern.matcher(file);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(LocalDate.parse(matcher.group(1), DATE));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** The trained context of one of its files: by its name (ctx4096, ctx16k), or else the usual. */
  public int context(String file) {
    Matcher matcher = CONTEXT.matcher(file);
    return matcher.find()
        ? Integer.parseInt(matcher.group(1)) * (matcher.group(2).isEmpty() ? 1 : 1024)
        : context;
  }
}
