package dev.skein.cli.web;

import dev.skein.cli.web.HubException.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Asks servers, one attempt at a time. Redirects are followed here and not by the JDK, so that the
 * token goes to the hub alone, and never from an encrypted line to an open one.
 */
public final class HubClient implements AutoCloseable {
  private static final int REDIRECTS_MAX = 10;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  private final HubSettings settings;
  private final HttpClient http;

  public HubClient(HubSettings settings) {
    this.settings = settings;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1) // one long body: nothing to multiplex
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(settings.patience().connect())
            .proxy(settings.proxies())
            .build();
  }

  /** Where the hubs are. */
  public HubSettings settings() {
    return settings;
  }

  /**
   * Asks for a file, and follows where it is sent.
   *
   * @param what is fetched, for messages
   * @throws HubException for every answer that brings no file
   */
  public Answer get(URI first, Map<String, String> headers, String what) throws HubException {
    if (settings.offline()) {
      throw HubException.last(what + " is not on this machine, and the network is not to be used");
    }
    URI at = first;
    HttpResponse<Arrivals> response = send(at, headers, what);
    java.net.http.HttpHeaders declared = response.headers();
    for (int hops = 0; REDIRECTS.contains(response.statusCode()); hops++) {
      response.body().close();
      if (hops == REDIRECTS_MAX) {
        throw HubException.last(first.getHost() + " sends " + what + " around in a circle");
      }
      at = next(at, response, what);
      response = send(at, headers, what);
      if (Web.sameOrigin(at, first)) {
        declared = response.headers();
      }
    }
    Answer answer =
        new Answer(response.statusCode(), at, declared, response.headers(), response.body());
    HubException refusal = new Refusals(settings, what).of(answer);
    if (refusal != null) {
      answer.close();
      throw refusal;
    }
    return answer;
  }

  private static URI next(URI at, HttpResponse<?> response, String what) throws HubException {
    String location = response.headers().firstValue("location").orElse("");
    URI next = location.isEmpty() ? null : resolved(at, location);
    if (next == null) {
      throw HubException.last(
          at.getHost() + " sends " + what + " to no address: '" + location + "'");
    }
    if (Web.secure(at) && !Web.secure(next)) {
      throw HubException.last(
          at.getHost() + " sends " + what + " to an open line (" + next.getHost() + "): refused");
    }
    return next;
  }

  private static @Nullable URI resolved(URI at, String location) {
    try {
      return Web.uri(at.resolve(location).toString());
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private HttpResponse<Arrivals> send(URI uri, Map<String, String> headers, String what)
      throws HubException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .header("User-Agent", "skein")
            .header("Accept-Encoding", "identity");
    headers.forEach(request::header);
    String token = settings.token();
    if (token != null && Web.sameOrigin(uri, settings.hub())) {
      request.header("Authorization", "Bearer " + token);
    }
    CompletableFuture<HttpResponse<Arrivals>> sent =
        http.sendAsync(request.build(), head -> new Arrivals(what));
    try {
      return sent.get(settings.patience().answer().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      sent.cancel(true);
      throw HubException.passing(
          uri.getHost()
              + " does not answer within "
              + Sizes.seconds(settings.patience().answer())
              + " for "
              + what);
    } catch (InterruptedException e) {
      sent.cancel(true);
      Thread.currentThread().interrupt();
      throw HubException.last("interrupted while fetching " + what);
    } catch (ExecutionException e) {
      throw unanswered(uri, e.getCause(), what);
    }
  }

  private static HubException unanswered(URI uri, @Nullable Throwable cause, String what) {
    String where = uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
    if (cause instanceof ConnectException
        || cause instanceof HttpConnectTimeoutException
        || cause instanceof UnresolvedAddressException) {
      return new HubException(
          Kind.UNREACHABLE,
          "cannot reach "
              + where
              + " for "
              + what
              + ": check the network (a proxy goes into HTTPS_PROXY, a mirror into HF_ENDPOINT), or"
              + " fetch the file by other means and run: skein model import FILE",
          null);
    }
    if (cause instanceof SSLException) {
      return HubException.last(
          "no safe line to "
              + where
              + " for "
              + what
              + " ("
              + cause.getMessage()
              + "): a proxy that opens encrypted lines needs its certificate in Java's trust store");
    }
    String why =
        cause instanceof IOException && cause.getMessage() != null ? cause.getMessage() : "";
    return HubException.passing(
        "the connection to " + where + " broke" + (why.isEmpty() ? "" : " (" + why + ")"));
  }

  @Override
  public void close() {
    http.shutdownNow();
    http.close();
  }
}
