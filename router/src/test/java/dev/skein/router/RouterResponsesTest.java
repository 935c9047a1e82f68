package dev.skein.router;

import static dev.skein.router.RouterRig.CLIENT;
import static dev.skein.router.RouterRig.JSON;
import static dev.skein.router.RouterRig.assertError;
import static dev.skein.router.RouterRig.get;
import static dev.skein.router.RouterRig.post;
import static dev.skein.router.RouterRig.request;
import static dev.skein.router.RouterRig.requestById;
import static dev.skein.router.RouterRig.router;
import static dev.skein.router.RouterRig.send;
import static dev.skein.router.RouterRig.uri;
import static dev.skein.router.RouterRig.worker;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.BadRecordException;
import dev.skein.proto.Request;
import dev.skein.router.openai.responses.ResponseId;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Responses: made, told again from the log, gone on from, cancelled. */
@ExtendWith(RouterRig.class)
class RouterResponsesTest {
  private static final String PATH = "/v1/responses";
  private static final TypeReference<List<JsonNode>> LIST = new TypeReference<>() {};

  private static JsonNode created(String body) throws Exception {
    var answer = post(PATH, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static JsonNode told(String id) throws Exception {
    var answer = get(PATH + "/" + id);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static Request sent(JsonNode response) {
    ResponseId id = Objects.requireNonNull(ResponseId.parse(response.path("id").asText()));
    return RouterRig.read(requestById(id.requestId()));
  }

  @Test
  void aResponseIsToldAgainFromTheLog() throws Exception {
    JsonNode made = created("{'input':'mute 3','instructions':'Be brief.','metadata':{'a':'b'}}");
    assertThat(made.path("object").asText()).isEqualTo("response");
    assertThat(made.path("status").asText()).isEqualTo("incomplete");
    assertThat(made.at("/output/0/content/0/text").asText()).isEqualTo("0 1 2");
    assertThat(made.path("instructions").asText()).isEqualTo("Be brief.");
    assertThat(made.at("/metadata/a").asText()).isEqualTo("b");
    assertThat(made.path("model").asText()).isEqualTo("scripted-1");
    assertThat(sent(made).getMessages(0).getContent()).isEqualTo("Be brief.");
    assertThat(sent(made).getEphemeral()).isFalse();
    long published = worker().requests.size();
    assertThat(told(made.path("id").asText())).isEqualTo(made);
    assertThat(worker().requests).hasSize((int) published);
  }

  @Test
  void aStreamGoesOnAfterAnyEvent() throws Exception {
    String stream = post(PATH, "{'input':'mute 4','stream':true}").body();
    List<String> events = Arrays.asList(stream.split("\n\n"));
    assertThat(events.getFirst()).startsWith("event: response.created");
    assertThat(events.getLast()).startsWith("event: response.incomplete");
    String id = RouterRig.dataOf(events.getFirst()).at("/response/id").asText();
    for (int after : List.of(-1, 0, 5, events.size() - 2)) {
      String rest = get(PATH + "/" + id + "?stream=true&starting_after=" + after).body();
      assertThat(Arrays.asList(rest.split("\n\n")))
          .isEqualTo(events.subList(after + 1, events.size()));
    }
  }

  @Test
  void aResponseGoesOnWhereAnotherEnded() throws Exception {
    JsonNode first = created("{'input':'mute 1'}");
    String id = first.path("id").asText();
    JsonNode second = created("{'input':'mute 1','previous_response_id':'" + id + "'}");
    assertThat(sent(second).getSession()).isEqualTo(sent(first).getSession()).isNotEmpty();
    assertThat(sent(second).getExpectRequest()).isEqualTo(sent(first).getRequestId());
    assertThat(second.path("previous_response_id").asText()).isEqualTo(id);
    JsonNode unkept = created("{'input':'mute 1','store':false}");
    assertThat(sent(unkept).getEphemeral()).isTrue();
    assertError(
        get(PATH + "/" + unkept.path("id").asText()),
        404,
        "invalid_request_error",
        "response_not_found",
        "response_id");
  }

  @Test
  void aResponseInTheBackgroundIsFetchedAndCancelled() throws Exception {
    JsonNode made = created("{'input':'muteslow 2','background':true}");
    assertThat(made.path("status").asText()).isEqualTo("queued");
    String id = made.path("id").asText();
    await().atMost(10, SECONDS).until(() -> told(id).path("status").asText().equals("incomplete"));
    assertThat(told(id).at("/output/0/content/0/text").asText()).isEqualTo("0 1");
    JsonNode hanging = created("{'input':'mutehang 1','background':true}");
    JsonNode cancelled =
        JSON.readTree(
            send(request(router(), PATH + "/" + hanging.path("id").asText() + "/cancel", ""))
                .body());
    assertThat(cancelled.path("status").asText()).isEqualTo("cancelled");
  }

  @Test
  void aLongResponseIsToldWhole() throws Exception {
    String id = created("{'input':'mute 20000','background':true}").path("id").asText();
    await().atMost(20, SECONDS).until(() -> told(id).path("status").asText().equals("incomplete"));
    long from = System.nanoTime();
    JsonNode whole = told(id);
    assertThat(whole.at("/output/0/content/0/text").asText())
        .endsWith(" 19998 19999")
        .hasSize(IntStream.range(0, 20_000).map(i -> 1 + Integer.toString(i).length()).sum() - 1);
    System.out.printf(
        "20,000 tokens told again in %d ms%n", (System.nanoTime() - from) / 1_000_000);
  }

  @Test
  void aResponseThatTalksIsShownAtOnceToAllWhoAsk() throws Exception {
    String id = created("{'input':'mutetalk 2','background':true}").path("id").asText();
    await().atMost(10, SECONDS).until(() -> told(id).path("status").asText().equals("in_progress"));
    HttpRequest.Builder all =
        HttpRequest.newBuilder(uri(router(), PATH + "/" + id + "?stream=true"));
    CompletableFuture<HttpResponse<String>> stream =
        CLIENT.sendAsync(all.build(), BodyHandlers.ofString());
    long from = System.nanoTime();
    for (int i = 0; i < 5; i++) {
      assertThat(told(id).path("status").asText()).isEqualTo("in_progress");
    }
    assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(8));
    assertThat(stream).isNotDone();
    JsonNode cancelled =
        JSON.readTree(send(request(router(), PATH + "/" + id + "/cancel", "")).body());
    assertThat(cancelled.path("status").asText()).isEqualTo("cancelled");
    assertThat(stream.get(20, SECONDS).body())
        .contains("event: response.created")
        .contains("\"status\":\"cancelled\"");
  }

  @Test
  void whatAResponseWasAskedForWithIsListed() throws Exception {
    JsonNode made =
        created(
            "{'instructions':'Be brief.','tools':[{'type':'function','name':'time'}],'input':["
                + "{'role':'developer','content':'one'},"
                + "{'type':'function_call','call_id':'c1','name':'time','arguments':'{\\\"a\\\":1}'},"
                + "{'type':'function_call_output','call_id':'c1','output':'noon'},"
                + "{'role':'assistant','content':'It is noon.'},"
                + "{'role':'user','content':'mute 2'}]}");
    String path = PATH + "/" + made.path("id").asText() + "/input_items";
    JsonNode all = JSON.readTree(get(path + "?order=asc").body());
    assertThat(all.path("data").findValuesAsText("type"))
        .containsExactly(
            "message",
            "input_text",
            "function_call",
            "function_call_output",
            "message",
            "output_text",
            "message",
            "input_text");
    assertThat(all.at("/data/0/role").asText()).isEqualTo("system");
    assertThat(all.at("/data/1/arguments").asText()).isEqualTo("{\"a\":1}");
    assertThat(all.at("/data/1/call_id").asText()).isEqualTo("c1");
    assertThat(all.at("/data/2/output").asText()).isEqualTo("noon");
    assertThat(all.at("/data/4/content/0/text").asText()).isEqualTo("mute 2");
    assertThat(all.path("has_more").asBoolean()).isFalse();
    List<JsonNode> pages = new ArrayList<>();
    String after = "";
    for (boolean more = true; more; ) {
      JsonNode page = JSON.readTree(get(path + "?limit=2" + after).body());
      page.path("data").forEach(pages::add);
      after = "&after=" + page.path("last_id").asText();
      more = page.path("has_more").asBoolean();
    }
    assertThat(pages.reversed()).isEqualTo(List.copyOf(JSON.convertValue(all.path("data"), LIST)));
    assertError(get(path + "?after=x"), 400, "invalid_request_error", null, "after");
    assertError(get(path + "?order=x"), 400, "invalid_request_error", null, "order");
    assertError(get(path + "?limit=101"), 400, "invalid_request_error", null, "limit");
  }

  @Test
  void aResponseThatIsAskedForAgainIsMadeOnce() throws Exception {
    for (String header : List.of("X-Stainless-Retry-Count", "Idempotency-Key")) {
      String body = "{'input':'mute 3','user':'" + header + "'}";
      boolean counts = header.startsWith("X");
      HttpRequest.Builder asked =
          request(router(), PATH, body).header(header, counts ? "0" : "twice");
      JsonNode first = JSON.readTree(send(asked).body());
      asked = request(router(), PATH, body).header(header, counts ? "1" : "twice");
      JsonNode again = JSON.readTree(send(asked).body());
      assertThat(again.path("output")).as(header).isEqualTo(first.path("output")).isNotEmpty();
      ResponseId once = Objects.requireNonNull(ResponseId.parse(first.path("id").asText()));
      ResponseId twice = Objects.requireNonNull(ResponseId.parse(again.path("id").asText()));
      assertThat(twice.session()).isEqualTo(once.session());
      assertThat(twice.requestId()).isEqualTo(once.requestId());
    }
  }

  @Test
  void whatAResponseWouldReadIsCountedWithoutOne() throws Exception {
    var answer = post(PATH + "/input_tokens", "{'input':'hang 3 to count','stream':true}");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(JSON.readTree(answer.body()))
        .isEqualTo(JSON.readTree("{\"object\":\"response.input_tokens\",\"input_tokens\":2}"));
    Request asked =
        worker().requests.stream()
            .map(RouterRig::read)
            .filter(r -> r.getMessagesCount() == 1)
            .filter(r -> r.getMessages(0).getContent().equals("hang 3 to count"))
            .findFirst()
            .orElseThrow();
    assertThat(asked.getSession()).isEmpty();
    assertThat(RouterRig.cancelOf(asked.getRequestId())).as("nothing is drawn for it").isNotNull();
    assertError(
        post(PATH + "/input_tokens", "{'input':'x','session':'s'}"),
        400,
        "invalid_request_error",
        BadRecordException.UNSUPPORTED,
        "session");
    assertError(
        post(PATH + "/compact", "{'input':'x'}"),
        400,
        "invalid_request_error",
        BadRecordException.UNSUPPORTED,
        null);
    assertThat(get(PATH + "/input_tokens").statusCode()).isEqualTo(404);
  }

  @Test
  void whatIsWrongIsNamed() throws Exception {
    assertError(post(PATH, "{}"), 400, "invalid_request_error", null, "input");
    assertError(
        post(PATH, "{'input':'x','text':'plain'}"), 400, "invalid_request_error", null, "text");
    assertError(
        post(PATH, "{'input':[{'role':'user','content':[{'type':'input_image'}]}]}"),
        400,
        "invalid_request_error",
        null,
        "input[0].content[0]");
    assertError(
        post(PATH, "{'input':'x','previous_response_id':'resp_1'}"),
        404,
        "invalid_request_error",
        "response_not_found",
        "previous_response_id");
    assertError(
        get(PATH + "/resp_1"), 404, "invalid_request_error", "response_not_found", "response_id");
    assertError(
        get(
            PATH
                + "/"
                + created("{'input':'mute 1'}").path("id").asText()
                + "?stream=true&starting_after=x"),
        400,
        "invalid_request_error",
        null,
        "starting_after");
  }
}
