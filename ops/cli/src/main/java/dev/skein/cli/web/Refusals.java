package dev.skein.cli.web;

import dev.skein.cli.web.HubException.Kind;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * What a server means when it gives no file, and what to do about it.
 *
 * @param what was asked for
 */
record Refusals(HubSettings settings, String what) {

  /** The trouble with an answer, or null if there is none. */
  @Nullable HubException of(Answer answer) {
    String host = answer.at().getHost();
    int status = answer.status();
    return switch (status) {
      case 200, 206, 416 -> null;
      case 401, 403 -> denied(answer, host);
      case 404, 410 ->
          HubException.last(
              host
                  + " does not have "
                  + what
                  + " ("
                  + status
                  + "): check the name, or take another: skein model list");
      case 429 -> busy(answer, host);
      case 408, 425, 500, 502, 503, 504 ->
          new HubException(
              Kind.PASSING,
              host + " is in trouble (" + status + ") and gives no " + what + "; try again later",
              retryAfter(answer));
      default -> HubException.last(host + " answers " + status + " instead of " + what);
    };
  }

  private HubException denied(Answer answer, String host) {
    String means =
        settings.token() == null
            ? "the repository is private, or its licence must be accepted on its page first: do"
                + " that, and set HF_TOKEN to a token of your account"
            : "the token in HF_TOKEN is not accepted for it: renew the token, and accept the licence"
                + " on the repository's page if it has one";
    return HubException.last(
        host + " refuses access to " + what + " (" + answer.status() + "): " + means);
  }

  private HubException busy(Answer answer, String host) {
    Duration wait = retryAfter(answer);
    String when = wait == null ? "later" : "in " + Sizes.seconds(wait);
    return new HubException(
        Kind.PASSING,
        host
            + " has had too many requests from here (429): try again "
            + when
            + (settings.token() == null ? ", or set HF_TOKEN, which has a larger share" : ""),
        wait);
  }

  /** Seconds or a date. */
  private static @Nullable Duration retryAfter(Answer answer) {
    String value = answer.headers().firstValue("retry-after").orElse("").strip();
    if (value.matches("[0-9]{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    try {
      Instant then = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration wait = Duration.between(Instant.now(), then);
      return wait.isNegative() ? Duration.ZERO : wait;
    } catch (DateTimeException e) {
      return null;
    }
  }
}
