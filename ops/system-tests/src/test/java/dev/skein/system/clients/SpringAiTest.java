package dev.skein.system.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import dev.skein.system.EngineCounters;
import dev.skein.system.SharedUp;
import dev.skein.system.UpProcess;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.converter.BeanOutputConverter;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.OpenAiEmbeddingOptions;
import org.springframework.ai.tool.function.FunctionToolCallback;

/**
 * Spring AI's client of the API, and with it the official Java SDK that it is built on, at their
 * default settings but for address, key and model.
 */
@ExtendWith(SharedUp.class)
class SpringAiTest {
  private static final String MODEL = "skein-demo-9m";
  private static final String STORY = "Tell me a story about a fox.";

  /** What the structured answer is read into. */
  record Animal(Kind kind, long legs) {
    enum Kind {
      FOX,
      BEAR
    }
  }

  /** The argument of the tool. */
  record Place(Town town) {
    enum Town {
      BERN,
      OSLO
    }
  }

  private static OpenAiChatOptions.Builder options(UpProcess up) {
    OpenAiChatOptions.Builder options = OpenAiChatOptions.builder();
    options.baseUrl(up.api()).apiKey("any").model(MODEL);
    return options;
  }

  private static ChatResponse ask(OpenAiChatOptions options, String words) {
    return OpenAiChatModel.builder().options(options).build().call(new Prompt(words));
  }

  private static String text(ChatResponse answer) {
    return Objects.requireNonNull(generation(answer).getOutput().getText());
  }

  private static Generation generation(ChatResponse answer) {
    return Objects.requireNonNull(answer.getResult());
  }

  @Test
  void chats(UpProcess up) {
    ChatResponse answer = ask(options(up).seed(3).build(), STORY);
    assertThat(text(answer)).matches("(?s)\\S.*fox.*\\S");
    assertThat(answer.getMetadata().getModel()).isEqualTo(MODEL);
    assertThat(answer.getMetadata().getId()).startsWith("chatcmpl-");
    var usage = answer.getMetadata().getUsage();
    assertThat(usage.getTotalTokens())
        .isEqualTo(usage.getPromptTokens() + usage.getCompletionTokens());
    assertThat(generation(answer).getMetadata().getFinishReason()).isEqualToIgnoringCase("stop");
    ChatResponse cut = ask(options(up).seed(3).maxCompletionTokens(5).build(), STORY);
    assertThat(generation(cut).getMetadata().getFinishReason()).isEqualToIgnoringCase("length");
    assertThat(text(answer)).startsWith(text(cut));
  }

  @Test
  void streams(UpProcess up) {
    OpenAiChatOptions asked = options(up).seed(3).streamUsage(true).build();
    List<ChatResponse> chunks =
        OpenAiChatModel.builder().options(asked).build().stream(new Prompt(STORY))
            .collectList()
            .block();
    StringBuilder text = new StringBuilder();
    for (ChatResponse chunk : Objects.requireNonNull(chunks)) {
      if (chunk.getResult() != null && chunk.getResult().getOutput().getText() != null) {
        text.append(chunk.getResult().getOutput().getText());
      }
    }
    ChatResponse whole = ask(options(up).seed(3).build(), STORY);
    assertThat(chunks).hasSizeGreaterThan(20);
    assertThat(text.toString()).isEqualTo(text(whole));
    assertThat(chunks.getLast().getMetadata().getUsage().getCompletionTokens())
        .isEqualTo(whole.getMetadata().getUsage().getCompletionTokens());
  }

  @Test
  void callsTools(UpProcess up) {
    var weather =
        FunctionToolCallback.builder("weather", (Place place) -> "Sunny.")
            .description("of a town")
            .inputType(Place.class)
            .build();
    OpenAiChatOptions.Builder asked = options(up);
    asked.seed(4).toolCallbacks(weather);
    String weatherNow = "How is the weather?";
    UserMessage question = new UserMessage(weatherNow);
    ChatResponse answer = ask(asked.toolChoice("required").build(), weatherNow);
    AssistantMessage said = generation(answer).getOutput();
    assertThat(said.getToolCalls())
        .singleElement()
        .satisfies(call -> {
          assertThat(call.name()).isEqualTo("weather");
          assertThat(call.arguments()).matches("\\{\\s*\"town\"\\s*:\\s*\"(BERN|OSLO)\"\\s*}");
          assertThat(weather.call(call.arguments())).isEqualTo("\"Sunny.\"");
        });
    AssistantMessage.ToolCall call = said.getToolCalls().getFirst();
    ToolResponseMessage result =
        ToolResponseMessage.builder()
            .responses(
                List.of(
                    new ToolResponseMessage.ToolResponse(
                        call.id(), "weather", weather.call(call.arguments()))))
            .build();
    OpenAiChatOptions.Builder after = options(up);
    after.seed(4).toolCallbacks(weather);
    ChatResponse told =
        OpenAiChatModel.builder()
            .options(after.toolChoice("none").build())
            .build()
            .call(new Prompt(question, said, result));
    assertThat(text(told)).isNotBlank();
    assertThat(told.hasToolCalls()).isFalse();
  }

  @Test
  void readsStructuredAnswers(UpProcess up) {
    BeanOutputConverter<Animal> animals = new BeanOutputConverter<>(Animal.class);
    OpenAiChatOptions.Builder asked = options(up);
    asked.seed(5).outputSchema(animals.getJsonSchema());
    Animal animal = animals.convert(text(ask(asked.build(), "Describe an animal.")));
    assertThat(Objects.requireNonNull(animal).kind()).isIn((Object[]) Animal.Kind.values());
  }

  @Test
  void embeds(UpProcess up) {
    EmbeddingModel model =
        OpenAiEmbeddingModel.builder()
            .options(
                OpenAiEmbeddingOptions.builder()
                    .baseUrl(up.api())
                    .apiKey("any")
                    .model(MODEL)
                    .build())
            .build();
    List<float[]> vectors = model.embed(List.of("The bear ate honey.", "The fox found a seed."));
    assertThat(vectors).hasSize(2);
    assertThat(vectors.get(0)).isNotEqualTo(vectors.get(1));
    assertThat(model.embed("The bear ate honey.")).isEqualTo(vectors.get(0));
    double squares = 0;
    for (float x : vectors.get(0)) {
      squares += (double) x * x;
    }
    assertThat(squares).isCloseTo(1, within(1e-4));
  }

  @Test
  void aSessionReadsOnlyWhatIsNew(UpProcess up) {
    OpenAiChatOptions.Builder asked = options(up);
    asked.seed(3).extraBody(Map.of("session", "spring-" + UUID.randomUUID()));
    OpenAiChatModel model = OpenAiChatModel.builder().options(asked.build()).build();
    ChatResponse first = model.call(new Prompt(STORY));
    long before = EngineCounters.promptTokens(up);
    ChatResponse second =
        model.call(
            new Prompt(
                new UserMessage(STORY),
                generation(first).getOutput(),
                new UserMessage("What was its name?")));
    long read = EngineCounters.promptTokens(up) - before;
    assertThat(text(second)).isNotBlank();
    assertThat(read).isBetween(4L, 16L);
    assertThat(second.getMetadata().getUsage().getPromptTokens()).isEqualTo((int) read);
  }

  @Test
  void knowsErrors(UpProcess up) {
    OpenAiChatOptions.Builder unknown = options(up);
    assertThatThrownBy(() -> ask(unknown.model("none").build(), STORY))
        .isInstanceOfSatisfying(
            NotFoundException.class,
            error -> {
              assertThat(error.code()).contains("model_not_found");
              assertThat(error.param()).contains("model");
            });
    OpenAiChatOptions.Builder hot = options(up);
    assertThatThrownBy(() -> ask(hot.temperature(9.0).build(), STORY))
        .isInstanceOfSatisfying(
            BadRequestException.class,
            error -> {
              assertThat(error.type()).contains("invalid_request_error");
              assertThat(error.param()).contains("temperature");
            });
  }
}
