package dev.skein.cli.web;

import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the hubs are and who asks.
 *
 * @param hub root of the hub; only it ever gets the token
 * @param modelScope root of the other hub, ModelScope
 * @param token for private or gated repositories, or null
 * @param proxies what stands between
 * @param offline whether the network is not to be used
 * @param patience with the servers
 */
public record HubSettings(
    URI hub,
    URI modelScope,
    @Nullable String token,
    Proxies proxies,
    boolean offline,
    Patience patience) {

  /**
   * Reads {@code HF_ENDPOINT}, {@code HF_TOKEN}, {@code MODELSCOPE_ENDPOINT}, {@code SKEIN_OFFLINE}
   * and the proxy variables.
   *
   * @param environment the process' variables
   * @param hub where the hub is if they do not say it
   * @param modelScope the same
   * @throws HubException naming the variable whose value is no address
   */
  public static HubSettings of(Map<String, String> environment, URI hub, URI modelScope)
      throws HubException {
    String token = environment.getOrDefault("HF_TOKEN", "").strip();
    if (!token.matches("[\\x21-\\x7e]*")) {
      throw HubException.last("HF_TOKEN holds characters that no token has; set it again");
    }
    return new HubSettings(
        root(environment, "HF_ENDPOINT", hub),
        root(environment, "MODELSCOPE_ENDPOINT", modelScope),
        token.isEmpty() ? null : token,
        Proxies.of(environment),
        offline(environment),
        Patience.USUAL);
  }

  /** Whether {@code SKEIN_OFFLINE} says so. */
  private static boolean offline(Map<String, String> environment) {
    String value = environment.getOrDefault("SKEIN_OFFLINE", "").strip();
    return !value.isEmpty() && !value.equals("0") && !value.equalsIgnoreCase("false");
  }

  /** The same without the network. */
  public HubSettings withOffline(boolean value) {
    return new HubSettings(hub, modelScope, token, proxies, offline || value, patience);
  }

  /** The same with other limits of time. */
  public HubSettings withPatience(Patience value) {
    return new HubSettings(hub, modelScope, token, proxies, offline, value);
  }

  private static URI root(Map<String, String> environment, String variable, URI absent)
      throws HubException {
    String given = environment.getOrDefault(variable, "").strip().replaceAll("/+$", "");
    if (given.isEmpty()) {
      return absent;
    }
    URI uri = Web.uri(given);
    if (uri == null) {
      throw HubException.last(
          variable + " must be an address such as " + absent + ", and is '" + given + "'");
    }
    return uri;
  }
}
