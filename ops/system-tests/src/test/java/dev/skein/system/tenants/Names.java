package dev.skein.system.tenants;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * What things of a tenant are called, or would be called.
 *
 * @param session a session with a turn and a fork
 * @param request a turn of that session, and one without a session
 * @param response a response that is kept
 */
record Names(String session, String request, String response) {
  private static final String WORDS = "Tell me a story about a fox.";
  private static final String PREFIX = "resp_";

  /** Makes them. */
  static Names leave(Tenant owner, int number) throws Exception {
    String session = "ledger-" + number;
    String request = "receipt-" + number;
    owner.good(
        owner.post(
            "/v1/chat/completions",
            Tenant.chat(WORDS).put("session", session).put("request_id", request)));
    owner.good(owner.post("/v1/chat/completions", Tenant.chat(WORDS).put("request_id", request)));
    owner.good(
        owner
            .post("/v1/chat/completions", Tenant.chat(WORDS).put("user", request))
            .header("x-stainless-retry-count", "0"));
    ObjectNode fork = Tenant.JSON.createObjectNode().put("session", session + "-fork");
    owner.good(owner.post("/v1/sessions/" + session + "/fork", fork));
    ObjectNode asked =
        Tenant.JSON.createObjectNode().put("input", WORDS).put("max_output_tokens", 6);
    JsonNode response = owner.good(owner.post("/v1/responses", asked));
    return new Names(session, request, response.path("id").asText());
  }

  /** Names of the same form and length that nothing ever had. */
  Names neverGiven() {
    String[] parts = parts();
    String words = parts[0] + "\n" + turned(parts[1]) + "\n" + turned(parts[2]);
    String other =
        PREFIX
            + Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(words.getBytes(StandardCharsets.UTF_8));
    return new Names(turned(session), turned(request), other);
  }

  /** Every letter becomes the next one. */
  private static String turned(String name) {
    StringBuilder other = new StringBuilder();
    name.chars()
        .map(c -> c == 'z' ? 'a' : c == 'Z' ? 'A' : Character.isLetter(c) ? c + 1 : c)
        .forEach(c -> other.append((char) c));
    return other.toString();
  }

  private String[] parts() {
    byte[] words = Base64.getUrlDecoder().decode(response.substring(PREFIX.length()));
    return new String(words, StandardCharsets.UTF_8).split("\n", -1);
  }

  /** An answer in which these names, and what differs from call to call, are written alike. */
  String hiddenIn(String answer) {
    String hidden = answer;
    String[] parts = parts();
    for (String name : List.of(response, session, request, parts[1], parts[2])) {
      hidden = hidden.replace(name, "NAME");
    }
    return hidden
        .replaceAll("\"(id|call_id|item_id)\":\"\\w+[-_][^\"]*\"", "\"$1\":\"ID\"")
        .replaceAll("\"(created|created_at|updated_at)\":[0-9]+", "\"$1\":0")
        .replaceAll("\"shard\":\\{[^}]*}", "\"shard\":{}");
  }
}
