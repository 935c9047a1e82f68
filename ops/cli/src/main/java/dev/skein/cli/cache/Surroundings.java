package dev.skein.cli.cache;

import dev.skein.cli.catalogue.Catalogue;
import dev.skein.cli.hub.Download;
import dev.skein.cli.web.HubSettings;
import dev.skein.cli.web.Patience;
import dev.skein.cli.web.Pauses;
import java.io.IOException;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What getting models depends on, apart from what the user asks for: tests put their own here.
 *
 * @param published the catalogue of published models, which is read when it is asked for
 * @param environment variables of the process
 * @param patience with servers
 * @param pauses between attempts
 * @param space on disk
 */
public record Surroundings(
    Supplier<Catalogue> published,
    Map<String, String> environment,
    Patience patience,
    Pauses pauses,
    Download.Space space) {

  /** Those of this process. */
  public static Surroundings ofProcess() {
    return new Surroundings(
        Catalogue::standard, System.getenv(), Patience.USUAL, Pauses.REAL, Download.Space.REAL);
  }

  /** The published models. */
  public Catalogue catalogue() {
    return published.get();
  }

  /** The cache of this user. */
  public ModelCache cache() {
    return ModelCache.of(environment);
  }

  /** Where the hubs are. */
  public HubSettings hub(boolean offline) throws IOException {
    return HubSettings.of(environment, catalogue().hub(), catalogue().modelScope())
        .withPatience(patience)
        .withOffline(offline);
  }
}
