package dev.skein.system.clients;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.Result;
import dev.skein.system.EngineCounters;
import dev.skein.system.SharedUp;
import dev.skein.system.UpProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** LangChain4j's client of the API, at its default settings but for address, key and model. */
@ExtendWith(SharedUp.class)
class LangChainTest {
  private static final String MODEL = "skein-demo-9m";
  private static final String STORY = "Tell me a story about a fox.";

  /** What the structured answer is read into. */
  record Animal(Kind kind, long legs) {
    enum Kind {
      FOX,
      BEAR
    }
  }

  interface Zoologist {
    Animal describe(String what);
  }

  interface Friend {
    Result<String> say(String words);
  }

  private static OpenAiChatModel.OpenAiChatModelBuilder model(UpProcess up) {
    return OpenAiChatModel.builder().baseUrl(up.api()).apiKey("any").modelName(MODEL);
  }

  @Test
  void chats(UpProcess up) {
    ChatResponse answer = model(up).seed(3).build().chat(UserMessage.from(STORY));
    assertThat(answer.aiMessage().text()).matches("(?s)\\S.*fox.*\\S");
    assertThat(answer.id()).startsWith("chatcmpl-");
    assertThat(answer.modelName()).isEqualTo(MODEL);
    assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
    TokenUsage usage = answer.tokenUsage();
    assertThat(usage.totalTokenCount())
        .isEqualTo(usage.inputTokenCount() + usage.outputTokenCount());
    ChatResponse cut =
        model(up).seed(3).maxCompletionTokens(5).build().chat(UserMessage.from(STORY));
    assertThat(cut.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(cut.tokenUsage().outputTokenCount()).isEqualTo(5);
    assertThat(answer.aiMessage().text()).startsWith(cut.aiMessage().text());
  }

  @Test
  void streams(UpProcess up) throws Exception {
    List<String> pieces = new ArrayList<>();
    ChatResponse streamed =
        streamed(
            OpenAiStreamingChatModel.builder()
                .baseUrl(up.api())
                .apiKey("any")
                .modelName(MODEL)
                .seed(3)
                .build(),
            ChatRequest.builder().messages(UserMessage.from(STORY)).build(),
            pieces);
    ChatResponse whole = model(up).seed(3).build().chat(UserMessage.from(STORY));
    assertThat(pieces).hasSizeGreaterThan(20);
    assertThat(String.join("", pieces)).isEqualTo(whole.aiMessage().text());
    assertThat(streamed.aiMessage().text()).isEqualTo(whole.aiMessage().text());
    assertThat(streamed.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(streamed.tokenUsage().outputTokenCount())
        .isEqualTo(whole.tokenUsage().outputTokenCount());
  }

  @Test
  void callsTools(UpProcess up) throws Exception {
    ToolSpecification weather =
        ToolSpecification.builder()
            .name("weather")
            .description("of a town")
            .parameters(
                JsonObjectSchema.builder()
                    .addEnumProperty("town", List.of("Bern", "Oslo"))
                    .required("town")
                    .build())
            .build();
    UserMessage question = UserMessage.from("How is the weather?");
    ChatRequest.Builder asked =
        ChatRequest.builder().toolSpecifications(weather).toolChoice(ToolChoice.REQUIRED);
    ChatModel model = model(up).seed(4).build();
    ChatResponse answer = model.chat(asked.messages(question).build());
    assertThat(answer.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
    ToolExecutionRequest call = answer.aiMessage().toolExecutionRequests().getFirst();
    assertThat(call.name()).isEqualTo("weather");
    assertThat(call.arguments()).matches("\\{\\s*\"town\"\\s*:\\s*\"(Bern|Oslo)\"\\s*}");

    ChatResponse streamed =
        streamed(
            OpenAiStreamingChatModel.builder()
                .baseUrl(up.api())
                .apiKey("any")
                .modelName(MODEL)
                .seed(4)
                .build(),
            asked.messages(question).build(),
            new ArrayList<>());
    assertThat(streamed.aiMessage().toolExecutionRequests())
        .singleElement()
        .satisfies(same -> {
          assertThat(same.name()).isEqualTo("weather");
          assertThat(same.arguments()).isEqualTo(call.arguments());
        });

    ChatResponse told =
        model.chat(
            ChatRequest.builder()
                .toolSpecifications(weather)
                .toolChoice(ToolChoice.NONE)
                .messages(
                    question, answer.aiMessage(), ToolExecutionResultMessage.from(call, "Sunny."))
                .build());
    assertThat(told.aiMessage().text()).matches("(?s).*\\S.*");
    assertThat(told.aiMessage().hasToolExecutionRequests()).isFalse();
  }

  @Test
  void readsStructuredAnswers(UpProcess up) {
    ChatModel model =
        model(up).supportedCapabilities(Capability.RESPONSE_FORMAT_JSON_SCHEMA).seed(5).build();
    Zoologist zoologist = AiServices.create(Zoologist.class, model);
    Animal animal = zoologist.describe("Describe an animal.");
    assertThat(animal.kind()).isIn((Object[]) Animal.Kind.values());
    ChatModel strict =
        model(up)
            .supportedCapabilities(Capability.RESPONSE_FORMAT_JSON_SCHEMA)
            .strictJsonSchema(true)
            .seed(6)
            .build();
    assertThat(AiServices.create(Zoologist.class, strict).describe("Another one.").kind())
        .isIn((Object[]) Animal.Kind.values());
  }

  @Test
  void embeds(UpProcess up) {
    OpenAiEmbeddingModel model =
        OpenAiEmbeddingModel.builder().baseUrl(up.api()).apiKey("any").modelName(MODEL).build();
    List<Embedding> vectors =
        model
            .embedAll(
                List.of(
                    TextSegment.from("The bear ate honey."),
                    TextSegment.from("The fox found a seed.")))
            .content();
    assertThat(vectors).hasSize(2);
    assertThat(vectors.get(0).vector()).isNotEqualTo(vectors.get(1).vector());
    assertThat(model.embed("The bear ate honey.").content().vector())
        .isEqualTo(vectors.get(0).vector());
    assertThat(length(vectors.get(0))).isCloseTo(1, within(1e-4));
  }

  @Test
  void itsOwnMemoryAndASessionReadOnlyWhatIsNew(UpProcess up) {
    ChatModel model =
        model(up)
            .seed(3)
            .customParameters(Map.of("session", "langchain-" + UUID.randomUUID()))
            .build();
    MessageWindowChatMemory memory = MessageWindowChatMemory.withMaxMessages(100);
    Friend friend = AiServices.builder(Friend.class).chatModel(model).chatMemory(memory).build();
    friend.say(STORY);
    List<Long> read = new ArrayList<>();
    for (String words : List.of("What was its name?", "Where did it live?", "What was its name?")) {
      long before = EngineCounters.promptTokens(up);
      Result<String> answer = friend.say(words);
      read.add(EngineCounters.promptTokens(up) - before);
      assertThat(answer.content()).isNotBlank();
      assertThat(answer.tokenUsage().inputTokenCount()).isEqualTo(read.getLast().intValue());
    }
    assertThat(memory.messages()).hasSize(8).last().isInstanceOf(AiMessage.class);
    assertThat(read)
        .as("the memory sends the whole conversation; the engine reads the new words")
        .allSatisfy(tokens -> assertThat(tokens).isBetween(4L, 16L));
    assertThat(read.get(2)).as("the same words, two turns later").isEqualTo(read.get(0));
  }

  @Test
  void knowsErrors(UpProcess up) {
    assertThatThrownBy(() -> model(up).modelName("none").build().chat(UserMessage.from(STORY)))
        .isInstanceOf(ModelNotFoundException.class)
        .hasMessageContaining("model_not_found");
    assertThatThrownBy(() -> model(up).temperature(9.0).build().chat(UserMessage.from(STORY)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("'temperature'");
  }

  private static ChatResponse streamed(
      OpenAiStreamingChatModel model, ChatRequest request, List<String> pieces) throws Exception {
    CompletableFuture<ChatResponse> end = new CompletableFuture<>();
    model.chat(
        request,
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(String piece) {
            pieces.add(piece);
          }

          @Override
          public void onCompleteResponse(ChatResponse response) {
            end.complete(response);
          }

          @Override
          public void onError(Throwable error) {
            end.completeExceptionally(error);
          }
        });
    return end.get(60, SECONDS);
  }

  private static double length(Embedding embedding) {
    double squares = 0;
    for (float x : embedding.vector()) {
      squares += (double) x * x;
    }
    return Math.sqrt(squares);
  }
}
