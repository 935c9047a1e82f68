package dev.skein.cli.session;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.cli.web.ApiKey;
import dev.skein.cli.web.Sizes;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which router is asked, and how its answer is shown. Shared by all commands of sessions. */
final class RouterAddress {
  @Option(
      names = "--url",
      paramLabel = "URL",
      defaultValue = "http://localhost:8080",
      description = "Router to ask (default: ${DEFAULT-VALUE}).")
  String url = "http://localhost:8080";

  @Option(
      names = "--pool",
      paramLabel = "NAME",
      description =
          "The pool that is meant, where a router serves several (default: the first one that has"
              + " the session; list: all).")
  @Nullable String pool;

  @Option(names = "--json", description = "Print the router's answer as one JSON line.")
  boolean json;

  SessionClient client() {
    return new SessionClient(url, pool, ApiKey.ofEnvironment());
  }

  /** Shows one session. */
  void show(JsonNode session, PrintWriter out) {
    if (json) {
      out.println(session);
    } else {
      out.println("session       " + session.path("id").asText());
      out.println("pool          " + session.path("pool").asText());
      out.println("model         " + session.path("model").asText());
      out.println("position      " + position(session));
      out.println("next turn     " + session.path("next_turn").asText());
      out.println("tokens read   " + session.path("tokens_read").asText());
      out.println("state         " + Sizes.of(session.path("state_bytes").asLong()));
      out.println("updated       " + time(session.path("updated_at").asLong()));
      StringBuilder slots = new StringBuilder();
      for (JsonNode slot : session.path("slots")) {
        slots.append(slots.isEmpty() ? "" : ", ").append(position(slot));
      }
      out.println("snapshots     " + (slots.isEmpty() ? "none yet" : slots));
      JsonNode shard = session.path("shard");
      out.println(
          "shard         "
              + shard.path("number").asText()
              + ", epoch "
              + shard.path("epoch").asText()
              + ", owner "
              + shard.path("owner").asText("none"));
    }
    out.flush();
  }

  static String position(JsonNode of) {
    JsonNode position = of.path("position");
    return "turn " + position.path("turn").asText() + " index " + position.path("index").asText();
  }

  static String time(long seconds) {
    return seconds == 0
        ? "unknown"
        : Instant.ofEpochSecond(seconds).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
