package dev.skein.cli.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.Model;
import dev.skein.model.text.Tokenizer;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein tokenize}: bytes to token ids and back. */
@Command(
    name = "tokenize",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Bytes on standard input become a JSON list of token ids; --decode goes back.",
      "",
      "Known vocabularies: the text of a World tokenizer (rwkv_vocab_v20230424.txt) and the"
          + " tokenizer.json of GPT-NeoX models (20B_tokenizer.json)."
    })
public final class TokenizeCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "[NAME=]PATH",
      description =
          "Model whose tokenizer to use. Absent, without --tokenizer: the bundled demo model.")
  @Nullable String model;

  @Option(names = "--tokenizer", paramLabel = "FILE", description = "Vocabulary file to use.")
  @Nullable Path tokenizerFile;

  @Option(names = "--decode", description = "Read ids, write bytes.")
  boolean decode;

  @Option(
      names = "--jsonl",
      description =
          "A line {\"b64\":…} becomes a line {\"ids\":[…]}; with --decode the other way round.")
  boolean jsonl;

  /** Where bytes come from; a test puts its own here. */
  InputStream in = System.in;

  @Override
  public Integer call() throws IOException {
    Tokenizer tokenizer = open();
    PrintWriter out = spec.commandLine().getOut();
    if (jsonl) {
      lines(tokenizer, out);
    } else if (decode) {
      System.out.write(bytes(tokenizer, ids(Json.MAPPER.readTree(in), "standard input")));
      System.out.flush();
    } else {
      Json.print(out, json(tokenizer.encode(in.readAllBytes())));
    }
    return 0;
  }

  private Tokenizer open() throws IOException {
    if (tokenizerFile != null) {
      return Tokenizer.open(tokenizerFile);
    }
    ModelOptions options = new ModelOptions();
    options.model = model;
    return Model.openTokenizer(options.path(spec.commandLine().getErr()), options.vocabularies());
  }

  private void lines(Tokenizer tokenizer, PrintWriter out) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    int number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      if (!line.isBlank()) {
        out.println(Json.MAPPER.writeValueAsString(answer(tokenizer, line, "line " + number)));
      }
    }
    out.flush();
  }

  private ObjectNode answer(Tokenizer tokenizer, String line, String where) {
    JsonNode question = parse(line, where);
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    if (decode) {
      byte[] bytes = bytes(tokenizer, ids(question.path("ids"), where));
      return answer.put("b64", Base64.getEncoder().encodeToString(bytes));
    }
    if (!question.path("b64").isTextual()) {
      throw new IllegalArgumentException(where + " has no text field b64");
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(question.path("b64").textValue());
      answer.set("ids", json(tokenizer.encode(bytes)));
      return answer;
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(where + ": b64 is not base64", e);
    }
  }

  private static JsonNode parse(String line, String where) {
    try {
      return Json.MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(where + " is not JSON", e);
    }
  }

  private static int[] ids(JsonNode list, String where) {
    if (!list.isArray()) {
      throw new IllegalArgumentException(where + " has no list of token ids");
    }
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      if (!list.get(i).isInt()) {
        throw new IllegalArgumentException(where + ": " + list.get(i) + " is not a token id");
      }
      ids[i] = list.get(i).intValue();
    }
    return ids;
  }

  private static byte[] bytes(Tokenizer tokenizer, int[] ids) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : ids) {
      bytes.writeBytes(tokenizer.bytes(id));
    }
    return bytes.toByteArray();
  }

  private static ArrayNode json(int[] ids) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (int id : ids) {
      array.add(id);
    }
    return array;
  }
}
