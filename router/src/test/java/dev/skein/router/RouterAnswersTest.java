package dev.skein.router;

import static dev.skein.router.RouterRig.CLIENT;
import static dev.skein.router.RouterRig.JSON;
import static dev.skein.router.RouterRig.METRICS;
import static dev.skein.router.RouterRig.assertError;
import static dev.skein.router.RouterRig.dataOf;
import static dev.skein.router.RouterRig.get;
import static dev.skein.router.RouterRig.json;
import static dev.skein.router.RouterRig.post;
import static dev.skein.router.RouterRig.request;
import static dev.skein.router.RouterRig.router;
import static dev.skein.router.RouterRig.text;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a client gets for a good request. */
@ExtendWith(RouterRig.class)
class RouterAnswersTest {
  @Test
  void aWholeChatAnswerHasTheShapeOfTheApi() throws Exception {
    HttpResponse<String> response =
        post(
            "/v1/chat/completions",
            "{'model':'scripted-1','messages':[{'role':'user','content':'count 3'}],'user':'u'}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).contains("application/json");
    JsonNode answer = JSON.readTree(response.body());
    assertThat(answer.path("object").asText()).isEqualTo("chat.completion");
    assertThat(answer.path("id").asText()).startsWith("chatcmpl-");
    assertThat(answer.path("model").asText()).isEqualTo("scripted-1");
    assertThat(answer.path("system_fingerprint").asText()).isEqualTo("fp_0123456789ab_int8-1");
    assertThat(answer.path("choices").toString())
        .isEqualTo(
            json(
                "[{'index':0,'message':{'role':'assistant','content':'0 1 2!','refusal':null},"
                    + "'logprobs':null,'finish_reason':'length'}]"));
    assertThat(answer.path("usage").toString())
        .isEqualTo(
            json(
                "{'prompt_tokens':2,'completion_tokens':3,'total_tokens':5,"
                    + "'prompt_tokens_details':{'cached_tokens':0,'audio_tokens':0},"
                    + "'completion_tokens_details':{'reasoning_tokens':0,'audio_tokens':0,"
                    + "'accepted_prediction_tokens':0,'rejected_prediction_tokens':0}}"));
  }

  @Test
  void anAnswerUnderAConstraintKeepsItsFirstBlank() throws Exception {
    String body =
        "{'messages':[{'role':'user','content':'count 2'}],'constraint':{'regex':' 0 1!'}%s}";
    HttpResponse<String> whole = post("/v1/chat/completions", body.formatted(""));
    assertThat(JSON.readTree(whole.body()).at("/choices/0/message/content").asText())
        .isEqualTo(" 0 1!");
    String stream = post("/v1/chat/completions", body.formatted(",'stream':true")).body();
    assertThat(text(stream, "/choices/0/delta/content")).isEqualTo(" 0 1!");
    HttpResponse<String> response =
        post(
            "/v1/responses",
            "{'input':'mute 2','text':{'format':{'type':'json_schema','name':'n',"
                + "'schema':{'const':1}}}}");
    assertThat(JSON.readTree(response.body()).at("/output/0/content/0/text").asText())
        .isEqualTo(" 0 1");
  }

  @Test
  void aStreamedChatAnswerComesInOrderWithIdsUsageAndDone() throws Exception {
    HttpResponse<String> response =
        post(
            "/v1/chat/completions",
            "{'messages':[{'role':'user','content':'count 2'}],'stream':true,"
                + "'stream_options':{'include_usage':true}}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type").orElse(""))
        .startsWith("text/event-stream");
    List<String> events = List.of(response.body().split("\n\n"));
    assertThat(events).hasSize(6);
    assertThat(events.stream().map(RouterRig::idOf))
        .containsExactly("", "7.0.0", "7.0.1", "7.0.2", "", "");
    assertThat(dataOf(events.get(0)).at("/choices/0/delta").toString())
        .isEqualTo(json("{'role':'assistant','content':''}"));
    assertThat(dataOf(events.get(1)).at("/choices/0").toString())
        .isEqualTo(
            json("{'index':0,'delta':{'content':'0'},'logprobs':null,'finish_reason':null}"));
    assertThat(dataOf(events.get(1)).get("usage").isNull()).isTrue();
    assertThat(dataOf(events.get(3)).at("/choices/0").toString())
        .isEqualTo(
            json("{'index':0,'delta':{'content':'!'},'logprobs':null,'finish_reason':'length'}"));
    assertThat(dataOf(events.get(4)).path("choices")).isEmpty();
    assertThat(dataOf(events.get(4)).at("/usage/total_tokens").asInt()).isEqualTo(4);
    assertThat(events.get(5)).isEqualTo("data: [DONE]");
  }

  @Test
  void aTextCompletionWorksBothWays() throws Exception {
    JsonNode whole =
        JSON.readTree(post("/v1/completions", "{'prompt':'count 2','logprobs':1,'n':2}").body());
    assertThat(whole.path("object").asText()).isEqualTo("text_completion");
    assertThat(whole.path("choices")).hasSize(2);
    assertThat(whole.at("/choices/1").toString())
        .isEqualTo(
            json(
                "{'index':1,'text':' 0 1!','logprobs':{'tokens':['t0','t0'],"
                    + "'token_logprobs':[-0.5,-0.5],'top_logprobs':[{'t0':-0.5},{'t0':-0.5}],"
                    + "'text_offset':[0,2]},'finish_reason':'length'}"));
    String stream = post("/v1/completions", "{'prompt':'count 2','stream':true}").body();
    assertThat(text(stream, "/choices/0/text")).isEqualTo(" 0 1!");
    assertThat(stream).endsWith("data: [DONE]\n\n");
  }

  @Test
  void severalPromptsAreAnsweredAsOneListOfChoices() throws Exception {
    String body = "{'prompt':['count 1','count 3'],'n':2";
    JsonNode whole = JSON.readTree(post("/v1/completions", body + "}").body());
    assertThat(whole.path("choices").findValuesAsText("index")).containsExactly("0", "1", "2", "3");
    assertThat(whole.path("choices").findValuesAsText("text"))
        .containsExactly(" 0!", " 0!", " 0 1 2!", " 0 1 2!");
    assertThat(whole.at("/usage/prompt_tokens").asInt()).isEqualTo(4);
    assertThat(whole.at("/usage/completion_tokens").asInt()).isEqualTo(8);
    String stream = post("/v1/completions", body + ",'stream':true}").body();
    for (int choice = 0; choice < 4; choice++) {
      assertThat(stream).contains("{\"index\":" + choice + ",\"text\":\" 0\"");
    }
    assertThat(stream).endsWith("data: [DONE]\n\n");
    assertError(
        post("/v1/completions", "{'prompt':['count 1','fail unsupported']}"),
        400,
        "invalid_request_error",
        "unsupported",
        null);
  }

  @Test
  void embeddingsComeAsNumbersOrAsBytesInTheOrderOfTheTexts() throws Exception {
    JsonNode floats =
        JSON.readTree(post("/v1/embeddings", "{'input':['one','one two',[7,8,9]]}").body());
    assertThat(floats.path("object").asText()).isEqualTo("list");
    assertThat(floats.path("data").findValuesAsText("index")).containsExactly("0", "1", "2");
    assertThat(floats.at("/data/0/embedding").toString()).isEqualTo("[0.6,0.8]");
    assertThat(floats.path("usage").toString())
        .isEqualTo(json("{'prompt_tokens':6,'total_tokens':6}"));
    JsonNode bytes =
        JSON.readTree(
            post(
                    "/v1/embeddings",
                    "{'input':'one','encoding_format':'base64','normalize':false,'vector':'mean'}")
                .body());
    ByteBuffer vector =
        ByteBuffer.wrap(Base64.getDecoder().decode(bytes.at("/data/0/embedding").asText()))
            .order(ByteOrder.LITTLE_ENDIAN);
    assertThat(List.of(vector.getFloat(), vector.getFloat())).containsExactly(6f, 8f);
    for (String body : List.of("{}", "{'input':''}", "{'input':[]}", "{'input':['a','']}")) {
      assertThat(post("/v1/embeddings", body).statusCode()).as(body).isEqualTo(400);
    }
    assertError(
        post("/v1/embeddings", "{'input':['a',5]}"),
        400,
        "invalid_request_error",
        null,
        "input[1]");
  }

  @Test
  void eventsThatComeTwiceOrEarlyAreShownOnceAndInOrder() throws Exception {
    String stream = post("/v1/completions", "{'prompt':'twice 40','stream':true}").body();
    String expected = IntStream.range(0, 40).mapToObj(i -> " " + i).collect(Collectors.joining());
    assertThat(text(stream, "/choices/0/text")).isEqualTo(expected + "!");
  }

  @Test
  void thirtyTwoStreamsAtOnceEachGetTheirOwnAnswer() throws Exception {
    List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      String body = "{'prompt':'count " + (20 + i) + "','stream':true,'session':'crowd-" + i + "'}";
      calls.add(
          CLIENT.sendAsync(
              request(router(), "/v1/completions", body).build(), BodyHandlers.ofString()));
    }
    for (int i = 0; i < 32; i++) {
      String expected =
          IntStream.range(0, 20 + i).mapToObj(k -> " " + k).collect(Collectors.joining());
      String stream = calls.get(i).get(30, SECONDS).body();
      assertThat(text(stream, "/choices/0/text")).isEqualTo(expected + "!");
      assertThat(stream).endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void modelsOfThePoolAreListed() throws Exception {
    JsonNode list = JSON.readTree(get("/v1/models").body());
    assertThat(list.path("data")).hasSize(1);
    assertThat(list.at("/data/0/id").asText()).isEqualTo("scripted-1");
    assertThat(list.at("/data/0/created").isInt()).isTrue();
    for (String name : List.of("scripted-1", "scripted%2D1")) {
      assertThat(JSON.readTree(get("/v1/models/" + name).body()).path("object").asText())
          .isEqualTo("model");
    }
    assertError(get("/v1/models/x"), 404, "invalid_request_error", "model_not_found", "model");
  }

  @Test
  void metricsHaveTheNamesOfTheField() throws Exception {
    post("/v1/completions", "{'prompt':'count 3'}");
    await()
        .atMost(5, SECONDS)
        .untilAsserted(() ->
            assertThat(METRICS.scrape())
                .contains(
                    "skein_time_to_first_token_seconds_bucket{model_name=\"scripted-1\",le=\"0.001\"}")
                .contains("skein_inter_token_latency_seconds_count{model_name=\"scripted-1\"}")
                .contains("skein_num_requests_running{model_name=\"scripted-1\"}")
                .contains("skein_prompt_tokens_total{model_name=\"scripted-1\"}")
                .contains("skein_generation_tokens_total{model_name=\"scripted-1\"}")
                .contains("skein_http_requests_total{route=\"/v1/completions\",status=\"200\"}"));
  }
}
