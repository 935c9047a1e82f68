package dev.skein.cli.session;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.cli.Table;
import dev.skein.cli.web.Sizes;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein session list}. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "List stored sessions in the order of their names.")
final class ListCommand implements Callable<Integer> {
  private static final int PAGE = 1_000;

  @Spec CommandSpec spec;
  @Mixin RouterAddress router;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Most sessions to list (default: ${DEFAULT-VALUE}).")
  int limit = PAGE;

  @Option(names = "--after", paramLabel = "ID", description = "Begin behind this name.")
  @Nullable String after;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Table table =
        new Table("SESSION", "POOL", "MODEL", "POSITION", "TOKENS READ", "STATE", "UPDATED");
    try (SessionClient client = router.client()) {
      String from = after == null ? "" : after;
      boolean more = true;
      int left = limit;
      while (more && left > 0) {
        JsonNode page = page(client, from, Math.min(left, PAGE));
        for (JsonNode session : page.path("data")) {
          add(session, table, out);
          left--;
        }
        from = page.path("last_id").asText("");
        more = page.path("has_more").asBoolean() && !from.isEmpty();
      }
      if (!router.json) {
        table.print(out);
        if (more) {
          out.println("more with --after '" + from + "'");
        }
      }
    }
    out.flush();
    return 0;
  }

  private static JsonNode page(SessionClient client, String after, int limit) {
    String query = after.isEmpty() ? "" : "&after=" + SessionClient.encoded(after);
    return client.json(client.request("?limit=" + limit + query).GET());
  }

  /** In JSON a session is a line, so that a list of any length can be read as it comes. */
  private void add(JsonNode session, Table table, PrintWriter out) {
    if (router.json) {
      out.println(session);
      return;
    }
    table.add(
        session.path("id").asText(),
        session.path("pool").asText(),
        session.path("model").asText(),
        RouterAddress.position(session),
        session.path("tokens_read").asText(),
        Sizes.of(session.path("state_bytes").asLong()),
        RouterAddress.time(session.path("updated_at").asLong()));
  }
}
