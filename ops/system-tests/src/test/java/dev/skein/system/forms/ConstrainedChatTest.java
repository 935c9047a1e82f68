package dev.skein.system.forms;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.grammar.RandomSchemas;
import dev.skein.system.SharedUp;
import dev.skein.system.UpProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Forms as clients ask for them and get them, over HTTP. */
@ExtendWith(SharedUp.class)
class ConstrainedChatTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Pattern NEEDED = Pattern.compile("takes up to ([0-9]+) tokens");

  private static HttpResponse<String> chat(
      UpProcess up, int maxTokens, UnaryOperator<ObjectNode> with) throws Exception {
    ObjectNode body =
        JSON.createObjectNode().put("model", "skein-demo-9m").put("temperature", 1).put("seed", 5);
    body.put("max_tokens", maxTokens);
    body.putArray("messages").addObject().put("role", "user").put("content", "Is it raining?");
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(up.api() + "/chat/completions"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(with.apply(body).toString()))
            .build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(request, BodyHandlers.ofString());
    }
  }

  private static String content(HttpResponse<String> answer) throws Exception {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    JsonNode choice = JSON.readTree(answer.body()).at("/choices/0");
    assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
    return choice.at("/message/content").asText();
  }

  private static UnaryOperator<ObjectNode> regex(String regex) {
    return body -> {
      body.putObject("constraint").put("regex", regex);
      return body;
    };
  }

  @Test
  void anExpressionMatchesFromTheFirstCharacterToTheLast(UpProcess up) throws Exception {
    for (String regex :
        List.of(" Yes\\.", "  [a-z]{3} ", "\\n\\nNo", " ?<think>a*", " {3,5}", "[ab]+\\n")) {
      String text = content(chat(up, 40, regex(regex)));
      assertThat(text).matches(Pattern.compile(regex));
    }
    for (int seed = 0; seed < 30; seed++) {
      String regex = RandomRegexes.of(seed);
      assertThat(content(chat(up, 200, regex(regex)))).matches(Pattern.compile(regex));
    }
  }

  @Test
  void schemasAreKeptWithinTheFewestTokensThatTheyTake(UpProcess up) throws Exception {
    for (int seed = 0; seed < 20; seed++) {
      ObjectNode schema = RandomSchemas.of(seed);
      UnaryOperator<ObjectNode> asked =
          body -> {
            ObjectNode format = body.putObject("response_format").put("type", "json_schema");
            format.putObject("json_schema").put("name", "form").set("schema", schema);
            return body;
          };
      HttpResponse<String> refused = chat(up, 1, asked);
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
      Matcher needed = NEEDED.matcher(refused.body());
      assertThat(needed.find()).as(refused.body()).isTrue();
      String text = content(chat(up, Integer.parseInt(needed.group(1)), asked));
      Judge.assertValid(schema.toString(), text);
    }
  }
}
