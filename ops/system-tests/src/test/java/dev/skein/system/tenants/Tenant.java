package dev.skein.system.tenants;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.system.UpProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/** One who calls a Skein with a key of their own. */
record Tenant(String name, HttpClient http, UpProcess up) {
  static final JsonMapper JSON = new JsonMapper();

  private static String key(String name) {
    return "sk-" + name;
  }

  /** A tenant's lines in a file of keys. */
  static String lines(String name) throws Exception {
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(key(name).getBytes(StandardCharsets.UTF_8));
    return "tenant %s%nkey %s sha256:%s%n".formatted(name, name, HexFormat.of().formatHex(digest));
  }

  /** A call of the API; {@code path} begins with {@code /v1} or is one of the root's. */
  HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(URI.create(up.api().replace("/v1", "") + path))
        .header("Authorization", "Bearer " + key(name));
  }

  HttpRequest.Builder post(String path, ObjectNode body) {
    return to(path)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body.toString()));
  }

  /** The body of an answer that must be a good one. */
  JsonNode get(String path) throws Exception {
    return good(to(path));
  }

  JsonNode good(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  byte[] file(String path) throws Exception {
    HttpResponse<byte[]> answer = http.send(to(path).build(), BodyHandlers.ofByteArray());
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer.body();
  }

  static ObjectNode chat(String words) {
    ObjectNode body =
        JSON.createObjectNode().put("model", "skein-demo-9m").put("temperature", 0).put("seed", 1);
    body.put("max_tokens", 6)
        .putArray("messages")
        .addObject()
        .put("role", "user")
        .put("content", words);
    return body;
  }
}
