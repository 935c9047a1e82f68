package dev.skein.router.admission;

import dev.skein.router.RouterException;
import dev.skein.router.admission.KeyRing.Tenant;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out who calls. A changed file of keys is taken up within seconds, and what a tenant has
 * used stays counted unless its quotas changed; a file that cannot be read any more leaves those
 * before it in force. Any thread.
 */
public final class AdmissionControl {
  private static final Logger LOG = LoggerFactory.getLogger(AdmissionControl.class);
  private static final long LOOK_NANOS = 2_000_000_000L;
  private static final String BEARER = "bearer ";

  private final @Nullable Path file;
  private final Census census;
  private final LongSupplier nanoTime;
  private final AtomicLong lookedNanos;
  private volatile Known known;

  private record Known(@Nullable FileTime written, @Nullable KeyRing ring, Map<String, Caller> by) {
    boolean limitsStorage() {
      return ring != null
          && ring.tenants().values().stream().anyMatch(t -> t.quotas().limitStorage());
    }
  }

  private AdmissionControl(@Nullable Path file, Census census, LongSupplier nanoTime)
      throws RouterException {
    this.file = file;
    this.census = census;
    this.nanoTime = nanoTime;
    this.lookedNanos = new AtomicLong(nanoTime.getAsLong());
    this.known = file == null ? new Known(null, null, Map.of()) : read(file, Map.of());
  }

  /**
   * Reads the file of keys.
   *
   * @param file null for none: then anyone may do anything
   * @param census counts what is stored
   * @param nanoTime a clock that never goes back
   * @throws RouterException in one sentence, if the file cannot be used
   */
  public static AdmissionControl open(@Nullable Path file, Census census, LongSupplier nanoTime)
      throws RouterException {
    return new AdmissionControl(file, census, nanoTime);
  }

  /** Whether a quota limits what is stored, so that it has to be counted from the start on. */
  public boolean limitsStorage() {
    return known.limitsStorage();
  }

  /**
   * Who makes a request.
   *
   * @param authorization the header of that name
   * @param reads whether the request changes nothing and generates nothing
   * @throws ApiException 401 without a known key, 403 if the key does not allow this, 429 if the
   *     tenant has made too many requests
   */
  public Caller caller(@Nullable String authorization, boolean reads) throws ApiException {
    look();
    Known now = known;
    KeyRing ring = now.ring;
    if (ring == null) {
      return Caller.ANYONE;
    }
    KeyRing.Key key = ring.find(presented(authorization));
    if (key == null) {
      throw new ApiException(ApiError.unauthorized("The API key is not known here."));
    }
    Tenant tenant = Objects.requireNonNull(ring.tenants().get(key.tenant()));
    if (tenant.suspended()) {
      throw new ApiException(
          ApiError.forbidden("Tenant '" + tenant.name() + "' is suspended: ask the operator."));
    }
    if (key.readOnly() && !reads) {
      throw new ApiException(ApiError.forbidden("This API key may only read."));
    }
    Caller caller = Objects.requireNonNull(now.by.get(tenant.name()));
    StreamFailure exhausted = caller.call();
    if (exhausted != null) {
      throw new ApiException(ApiError.of(exhausted));
    }
    return caller;
  }

  private static String presented(@Nullable String authorization) throws ApiException {
    if (authorization == null
        || !authorization.toLowerCase(Locale.ROOT).startsWith(BEARER)
        || authorization.substring(BEARER.length()).isBlank()) {
      throw new ApiException(
          ApiError.unauthorized(
              "An API key is needed: send it as the header 'Authorization: Bearer KEY'."));
    }
    return authorization.substring(BEARER.length()).strip();
  }

  private void look() {
    Path from = file;
    long now = nanoTime.getAsLong();
    long last = lookedNanos.get();
    if (from == null || now - last < LOOK_NANOS || !lookedNanos.compareAndSet(last, now)) {
      return;
    }
    Known before = known;
    try {
      if (!Files.getLastModifiedTime(from).equals(before.written)) {
        known = read(from, before.by);
        LOG.info("The API keys of {} were read again", from);
      }
    } catch (IOException | RouterException e) {
      LOG.warn("The changed file of API keys is not taken up: {}", e.getMessage());
    }
  }

  private Known read(Path from, Map<String, Caller> before) throws RouterException {
    try {
      FileTime written = Files.getLastModifiedTime(from);
      KeyRing ring = KeyRing.parse(Files.readAllLines(from));
      Map<String, Caller> callers = new HashMap<>();
      for (Tenant tenant : ring.tenants().values()) {
        Caller kept = before.get(tenant.name());
        callers.put(
            tenant.name(),
            kept != null && kept.quotas().equals(tenant.quotas()) ? kept : caller(tenant));
      }
      return new Known(written, ring, Map.copyOf(callers));
    } catch (IOException e) {
      throw new RouterException("The file of API keys " + from + " cannot be read: " + e, e);
    } catch (RouterException e) {
      throw new RouterException("The file of API keys " + from + ": " + e.getMessage(), e);
    }
  }

  private Caller caller(Tenant tenant) {
    return new Caller(
        tenant.name(), new Account(tenant.quotas(), nanoTime.getAsLong()), census, nanoTime);
  }
}
