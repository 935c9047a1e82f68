package dev.skein.cli.uses;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.cli.CommandFailure;
import dev.skein.cli.engine.Json;
import dev.skein.cli.engine.LoadedModel;
import dev.skein.cli.engine.PromptOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Reads an evaluation file, a JSON object a line: {@code {context, choices, answer}}, {@code
 * {context, target}} or {@code {text}}, whose last word is the target. Context, choices and targets
 * are texts, or lists of token ids. A fault names its line.
 */
final class EvalFile {
  private static final long BYTES_MAX = 1L << 30;

  private final Path path;
  private final LoadedModel model;
  private final String separator;
  private final UnaryOperator<int[]> begun;

  /**
   * @param separator stands between a context and what follows it, where both are texts
   * @param begun puts before a context what comes before every context
   */
  EvalFile(Path path, LoadedModel model, String separator, UnaryOperator<int[]> begun) {
    this.path = path;
    this.model = model;
    this.separator = separator;
    this.begun = begun;
  }

  /** The first {@code limit} examples. */
  List<Example> read(int limit) throws IOException {
    if (Files.size(path) > BYTES_MAX) {
      throw new CommandFailure(path + ": larger than 1 GB; cut it into several files");
    }
    List<Example> examples = new ArrayList<>();
    try (BufferedReader lines = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
      int number = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        if (!line.isBlank() && examples.size() < limit) {
          examples.add(example(number, line));
        }
      }
    } catch (CharacterCodingException e) {
      throw new CommandFailure(path + ": not UTF-8; convert it first", e);
    }
    if (examples.isEmpty()) {
      throw new CommandFailure(path + ": there is no line in it");
    }
    return examples;
  }

  private Example example(int number, String line) {
    try {
      JsonNode object = Json.MAPPER.readTree(line);
      if (object.has("choices")) {
        return choice(number, object);
      }
      if (object.has("target") || object.has("text")) {
        return target(number, object);
      }
      throw new IllegalArgumentException(
          "neither choices nor target nor text; a line is {context, choices, answer},"
              + " {context, target} or {text}");
    } catch (JsonProcessingException e) {
      throw new CommandFailure("%s, line %d: not JSON".formatted(path, number), e);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure("%s, line %d: %s".formatted(path, number, e.getMessage()), e);
    }
  }

  private Example choice(int number, JsonNode object) {
    JsonNode context = field(object, "context");
    JsonNode choices = field(object, "choices");
    if (!choices.isArray() || choices.size() < 2) {
      throw new IllegalArgumentException("choices must be a list of at least two");
    }
    List<int[]> answers = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    for (JsonNode one : choices) {
      int[] ids = following(context, one, "a choice");
      answers.add(ids);
      sizes.add(
          one.isTextual()
              ? Math.max(1, one.textValue().getBytes(StandardCharsets.UTF_8).length)
              : ids.length);
    }
    return new Example.Choice(number, before(context), answers, sizes, answer(object, choices));
  }

  /** The right answer: its number from 0, or the choice itself. */
  private static int answer(JsonNode object, JsonNode choices) {
    JsonNode answer = field(object, "answer");
    if (answer.isInt() && answer.intValue() >= 0 && answer.intValue() < choices.size()) {
      return answer.intValue();
    }
    for (int i = 0; i < choices.size(); i++) {
      if (choices.get(i).equals(answer)) {
        return i;
      }
    }
    throw new IllegalArgumentException(
        "answer is neither the number of a choice (0 to %d) nor one of them"
            .formatted(choices.size() - 1));
  }

  private Example target(int number, JsonNode object) {
    if (object.has("target")) {
      JsonNode context = field(object, "context");
      int[] target = following(context, field(object, "target"), "target");
      return new Example.Target(number, before(context), target);
    }
    String text = field(object, "text").asText("").stripTrailing();
    int blank = text.length() - 1;
    while (blank > 0 && !Character.isWhitespace(text.charAt(blank))) {
      blank--;
    }
    if (blank <= 0) {
      throw new IllegalArgumentException("text has no last word with a context before it");
    }
    return new Example.Target(
        number, context(encode(text.substring(0, blank))), encode(text.substring(blank)));
  }

  private static JsonNode field(JsonNode object, String name) {
    JsonNode value = object.get(name);
    if (value == null || value.isNull()) {
      throw new IllegalArgumentException("no field " + name);
    }
    return value;
  }

  private int[] before(JsonNode context) {
    return context(
        context.isTextual()
            ? encode(Seam.of(context.textValue(), "").context())
            : ids(context, "context"));
  }

  private int[] context(int[] ids) {
    int[] whole = begun.apply(ids);
    if (whole.length == 0) {
      throw new IllegalArgumentException("the context is empty; --bos puts a token before it");
    }
    return whole;
  }

  private int[] following(JsonNode context, JsonNode text, String what) {
    int[] ids;
    if (text.isTextual() && context.isTextual()) {
      ids = encode(Seam.of(context.textValue(), separator + text.textValue()).answer());
    } else {
      ids = text.isTextual() ? encode(text.textValue()) : ids(text, what);
    }
    if (ids.length == 0) {
      throw new IllegalArgumentException(what + " is empty");
    }
    return ids;
  }

  private int[] encode(String text) {
    return PromptOptions.encode(model.tokenizer(), text);
  }

  private int[] ids(JsonNode list, String what) {
    if (!list.isArray()) {
      throw new IllegalArgumentException(what + " is neither a text nor a list of token ids");
    }
    int vocabulary = model.rwkv().config().vocabulary();
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      if (!list.get(i).isInt()
          || list.get(i).intValue() < 0
          || list.get(i).intValue() >= vocabulary) {
        throw new IllegalArgumentException(
            "%s: %s is no token id of a vocabulary of %d".formatted(what, list.get(i), vocabulary));
      }
      ids[i] = list.get(i).intValue();
    }
    return ids;
  }
}
