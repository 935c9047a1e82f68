package dev.skein.cli.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.skein.cli.web.Answer;
import dev.skein.cli.web.HubClient;
import dev.skein.cli.web.HubException;
import dev.skein.cli.web.Pauses;
import dev.skein.cli.web.Retries;
import dev.skein.cli.web.Web;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files at the root of a hub's repository, by the hub's API: {@code GET
 * /api/models/OWNER/NAME/tree/main}, whose answer is an array of objects with {@code type}, {@code
 * path}, {@code size} and, for a large file, {@code lfs.oid}, its SHA-256; further pages are named
 * by a {@code Link} header.
 */
public final class Listing {
  private static final int BYTES_MAX = 8 << 20;
  private static final int PAGES_MAX = 20;
  private static final Pattern NEXT = Pattern.compile("<([^>]{1,4000})>\\s*;\\s*rel=\"next\"");
  private static final ObjectMapper JSON = new ObjectMapper();

  static {
    JSON.getFactory()
        .setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(32).build());
  }

  private final HubClient client;
  private final Pauses pauses;

  public Listing(HubClient client, Pauses pauses) {
    this.client = client;
    this.pauses = pauses;
  }

  /**
   * Lists a repository.
   *
   * @param repository {@code owner/name}
   * @throws HubException if the hub cannot be reached or answers something else
   */
  public List<RemoteFile> files(String repository) throws HubException {
    List<RemoteFile> files = new ArrayList<>();
    String root = client.settings().hub() + "/api/models/" + repository + "/tree/main";
    URI page = URI.create(root);
    for (int pages = 0; page != null; pages++) {
      if (pages == PAGES_MAX) {
        throw HubException.last("the listing of " + repository + " has no end");
      }
      page = read(page, repository, files);
    }
    return files;
  }

  private @Nullable URI read(URI page, String repository, List<RemoteFile> files)
      throws HubException {
    Retries retries = new Retries(client.settings().patience(), pauses);
    while (true) {
      try {
        return readOnce(page, repository, files);
      } catch (HubException e) {
        retries.failed(e);
      }
    }
  }

  private @Nullable URI readOnce(URI page, String repository, List<RemoteFile> files)
      throws HubException {
    String what = "the listing of " + repository;
    try (Answer answer = client.get(page, Map.of("Accept", "application/json"), what)) {
      JsonNode list =
          JSON.readTree(answer.body().all(BYTES_MAX, client.settings().patience().stall()));
      if (answer.html() || !list.isArray()) {
        throw notJson(answer, what);
      }
      for (JsonNode entry : list) {
        if (entry.path("type").asText().equals("file")) {
          files.add(file(entry));
        }
      }
      return next(answer);
    } catch (JsonProcessingException e) {
      throw HubException.last("the hub's answer for " + what + " is no JSON");
    } catch (HubException e) {
      throw e;
    } catch (IOException e) {
      throw HubException.passing("reading " + what + " failed: " + e.getMessage());
    }
  }

  private static HubException notJson(Answer answer, String what) {
    return HubException.last(
        answer.at().getHost()
            + " sends something else instead of the "
            + what
            + ": is that a hub?");
  }

  private static RemoteFile file(JsonNode entry) {
    String oid = entry.path("lfs").path("oid").asText("").toLowerCase(Locale.ROOT);
    String sha = oid.replaceFirst("^sha256:", "");
    long bytes = Math.max(0, entry.path("lfs").path("size").asLong(entry.path("size").asLong()));
    return new RemoteFile(
        entry.path("path").asText(), bytes, sha.matches("[0-9a-f]{64}") ? sha : null);
  }

  /** The next page, which only the same server may name. */
  private @Nullable URI next(Answer answer) {
    Matcher next = NEXT.matcher(String.join(",", answer.headers().allValues("link")));
    URI uri = next.find() ? Web.uri(next.group(1)) : null;
    return uri != null && Web.sameOrigin(uri, answer.at()) ? uri : null;
  }
}
