package dev.skein.router.admission;

import static dev.skein.router.delivery.FailureCodes.QUOTA_REQUESTS;
import static dev.skein.router.delivery.FailureCodes.QUOTA_SESSIONS;
import static dev.skein.router.delivery.FailureCodes.QUOTA_STATE_BYTES;
import static dev.skein.router.delivery.FailureCodes.QUOTA_STREAMS;
import static dev.skein.router.delivery.FailureCodes.QUOTA_TOKENS;

import dev.skein.proto.BadRecordException;
import dev.skein.proto.Request;
import dev.skein.proto.Wire;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.Turn;
import java.nio.charset.StandardCharsets;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who makes a request. On the bus a tenant's session {@code alice} is named {@code @tenant/alice},
 * and so are the ids of its turns without a session: what one tenant can name is never another's.
 * Without keys there is one caller, {@link #ANYONE}, whose names are those of the bus.
 *
 * <p>Any thread.
 */
public final class Caller {
  /** The caller of a router without keys: of no tenant, without quotas. */
  public static final Caller ANYONE =
      new Caller("", new Account(Quotas.NONE, 0), Census.NOBODY, () -> 0);

  private static final int STORED_RETRY_SECONDS = 60;

  private final String tenant;
  private final String prefix;
  private final Account account;
  private final Census census;
  private final LongSupplier nanoTime;

  Caller(String tenant, Account account, Census census, LongSupplier nanoTime) {
    this.tenant = tenant;
    this.prefix = tenant.isEmpty() ? "" : "@" + tenant + "/";
    this.account = account;
    this.census = census;
    this.nanoTime = nanoTime;
  }

  /** The tenant's name; empty for {@link #ANYONE}. */
  public String tenant() {
    return tenant;
  }

  Quotas quotas() {
    return account.quotas;
  }

  /** What the names of the tenant's sessions begin with on the bus. */
  public String prefix() {
    return prefix;
  }

  /** A session's name on the bus. */
  public String onBus(String session) {
    return prefix + session;
  }

  /** A session's name as its tenant knows it, from its name on the bus. */
  public String own(String onBus) {
    return onBus.startsWith(prefix) ? onBus.substring(prefix.length()) : onBus;
  }

  /** A sentence of a worker, in the names that the tenant knows. */
  public String ownWords(String sentence) {
    return prefix.isEmpty() ? sentence : sentence.replace(prefix, "");
  }

  /** Counts one call of the API; a failure if there were too many. */
  @Nullable StreamFailure call() {
    long now = nanoTime.getAsLong();
    if (account.requests.take(now)) {
      return null;
    }
    return exhausted(
        QUOTA_REQUESTS,
        "the quota of " + account.quotas.requestsPerMinute() + " requests a minute is used up",
        account.requests.secondsUntilOne(now));
  }

  /**
   * Begins an answer, which is over when {@link #leave} is called; or a failure, and then nothing
   * has begun.
   *
   * @param turn as it goes to the bus
   */
  public @Nullable StreamFailure enter(Turn turn) {
    StreamFailure refused = refused(turn);
    if (refused == null && !account.enter()) {
      refused =
          exhausted(
              QUOTA_STREAMS,
              "the quota of " + account.quotas.streams() + " answers at once is used up",
              1);
    }
    return refused;
  }

  private @Nullable StreamFailure refused(Turn turn) {
    long now = nanoTime.getAsLong();
    if (tooLong(turn.session(), Wire.SESSION_BYTES_MAX)
        || tooLong(turn.request().getTarget(), Wire.SESSION_BYTES_MAX)
        || tooLong(turn.requestId(), Wire.REQUEST_ID_BYTES_MAX)) {
      return new StreamFailure(
          BadRecordException.INVALID_REQUEST,
          "a session's name or a request's id is too long by the "
              + prefix.length()
              + " characters that keep tenants apart");
    }
    if (turn.looksOn()) {
      return null;
    }
    if (!account.tokens.left(now)) {
      return exhausted(
          QUOTA_TOKENS,
          "the quota of " + account.quotas.tokensPerMinute() + " tokens a minute is used up",
          account.tokens.secondsUntilOne(now));
    }
    return stores(turn) ? storageRefused(turn) : null;
  }

  private boolean stores(Turn turn) {
    return account.quotas.limitStorage() && !turn.ephemeral() && !turn.request().getEphemeral();
  }

  private @Nullable StreamFailure storageRefused(Turn turn) {
    return switch (turn.request().getKind()) {
      case KIND_DELETE, KIND_REWIND -> null;
      case KIND_FORK -> newSessionRefused(turn.pool(), turn.request().getTarget());
      default -> newSessionRefused(turn.pool(), turn.session());
    };
  }

  private @Nullable StreamFailure newSessionRefused(String pool, String session) {
    if (census.knows(pool, session)) {
      return null;
    }
    Quotas quotas = account.quotas;
    if (census.sessions(prefix) >= quotas.sessions()) {
      return exhausted(
          QUOTA_SESSIONS,
          "the quota of " + quotas.sessions() + " sessions is used up: delete some first",
          STORED_RETRY_SECONDS);
    }
    if (census.stateBytes(prefix) >= quotas.stateBytes()) {
      return exhausted(
          QUOTA_STATE_BYTES,
          "the quota of "
              + quotas.stateBytes()
              + " bytes of stored states is used up: delete some sessions first",
          STORED_RETRY_SECONDS);
    }
    return null;
  }

  /**
   * An answer that was entered is over.
   *
   * @param tokens what it read and generated
   */
  public void leave(long tokens) {
    account.leave();
    account.tokens.charge(tokens, nanoTime.getAsLong());
  }

  /** The turn under the names that it has on the bus. */
  public Turn scoped(Turn turn) {
    if (prefix.isEmpty()) {
      return turn;
    }
    Request.Builder request = turn.request().toBuilder().setTenant(tenant);
    if (turn.ephemeral()) {
      request.setRequestId(prefix + turn.requestId());
    } else {
      request.setSession(onBus(turn.session()));
    }
    if (!request.getTarget().isEmpty()) {
      request.setTarget(onBus(request.getTarget()));
    }
    return turn.asking(request.build());
  }

  private static boolean tooLong(String name, int bytesMax) {
    return name.getBytes(StandardCharsets.UTF_8).length > bytesMax;
  }

  private static StreamFailure exhausted(String code, String message, int retryAfterSeconds) {
    return new StreamFailure(code, message, retryAfterSeconds);
  }
}
