package dev.skein.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A layout that puts a label before each message and a separator after it: {@code User:
 * …\n\nAssistant: …\n\n}. Blank lines inside messages are collapsed, since the separator would end
 * the message for the model. There is no space after the label that asks for the answer: the
 * answer's first token brings its own.
 *
 * @param user around a user's message, with {@code {content}} for the text
 * @param assistant around an answer
 * @param system around the instructions of the system or developer
 * @param tool around a tool's result
 * @param prompt asks for the answer
 * @param stop where an answer ends
 */
record LabelledTemplate(
    String user, String assistant, String system, String tool, String prompt, List<String> stop)
    implements ChatTemplate {
  static final String CONTENT = "{content}";
  static final LabelledTemplate WORLD =
      new LabelledTemplate(
          "User: {content}\n\n",
          "Assistant: {content}\n\n",
          "System: {content}\n\n",
          "Observation: {content}\n\n",
          "Assistant:",
          List.of("\n\nUser:"));
  static final LabelledTemplate RAVEN =
      new LabelledTemplate(
          "Bob: {content}\n\n",
          "Alice: {content}\n\n",
          "{content}\n\n",
          "Observation: {content}\n\n",
          "Alice:",
          List.of("\n\n"));

  private static final String THOUGHT = " <think";
  private static final Map<String, LabelledTemplate> PUBLISHED =
      Map.of(
          "world",
          WORLD,
          "raven",
          RAVEN,
          "raven-alpaca",
          instructions("# "),
          "raven-hf",
          instructions("### "),
          "g1",
          WORLD,
          "g1-think",
          WORLD.asking(WORLD.prompt + THOUGHT));

  private static final String SEPARATOR = "\n\n";
  private static final Pattern LINE_END = Pattern.compile("\r\n?");
  private static final Pattern LINE_ENDS = Pattern.compile("\n+");

  LabelledTemplate {
    stop = List.copyOf(stop);
    for (String layout : List.of(user, assistant, system, tool)) {
      if (!layout.contains(CONTENT)) {
        throw new IllegalArgumentException("a message layout of chat_template lacks " + CONTENT);
      }
    }
  }

  /** An instruction under its heading, as the Alpaca data has it; each line on its own. */
  private static LabelledTemplate instructions(String heading) {
    return new LabelledTemplate(
        heading + "Instruction:\n{content}\n\n",
        heading + "Response:\n{content}\n\n",
        "{content}\n\n",
        heading + "Input:\n{content}\n\n",
        heading + "Response:\n",
        List.of("\n\n" + heading.strip()));
  }

  private LabelledTemplate asking(String otherPrompt) {
    return new LabelledTemplate(user, assistant, system, tool, otherPrompt, stop);
  }

  @Override
  public boolean thinks() {
    return prompt.endsWith(THOUGHT) || prompt.endsWith(THOUGHT + ">");
  }

  @Override
  public LabelledTemplate plain() {
    return thinks() ? asking(prompt.substring(0, prompt.lastIndexOf(THOUGHT))) : this;
  }

  static LabelledTemplate of(JsonNode description) {
    if (description.isTextual()) {
      LabelledTemplate published = PUBLISHED.get(description.textValue());
      if (published == null) {
        throw new IllegalArgumentException(
            "the field chat_template names no layout that is known: "
                + String.join(", ", new TreeSet<>(PUBLISHED.keySet())));
      }
      return published;
    }
    if (!description.isObject()) {
      throw new IllegalArgumentException("the field chat_template is no object and no name");
    }
    return new LabelledTemplate(
            text(description, "user", WORLD.user),
            text(description, "assistant", WORLD.assistant),
            text(description, "system", WORLD.system),
            text(description, "tool", WORLD.tool),
            text(description, "generation_prompt", WORLD.prompt),
            WORLD.stop)
        .withStop(stops(description.path("stop")));
  }

  @Override
  public JsonNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("user", user).put("assistant", assistant).put("system", system).put("tool", tool);
    json.put("generation_prompt", prompt);
    stop.forEach(json.putArray("stop")::add);
    return json;
  }

  private static String text(JsonNode description, String field, String absent) {
    JsonNode value = description.path(field);
    if (!value.isMissingNode() && !value.isTextual()) {
      throw new IllegalArgumentException("the field chat_template." + field + " is no text");
    }
    return value.asText(absent);
  }

  private static List<String> stops(JsonNode list) {
    List<String> stops = new ArrayList<>();
    for (JsonNode stop : list) {
      if (!stop.isTextual() || stop.textValue().isEmpty()) {
        throw new IllegalArgumentException("the field chat_template.stop is no list of texts");
      }
      stops.add(stop.textValue());
    }
    return stops;
  }

  LabelledTemplate withStop(List<String> further) {
    Set<String> all = new LinkedHashSet<>(stop);
    all.addAll(further);
    return new LabelledTemplate(user, assistant, system, tool, prompt, List.copyOf(all));
  }

  @Override
  public String first(List<ChatMessage> messages) {
    StringBuilder text = new StringBuilder();
    for (ChatMessage message : messages) {
      text.append(layOut(message));
    }
    return text.append(prompt).toString();
  }

  @Override
  public String next(List<ChatMessage> messages) {
    return SEPARATOR + first(messages);
  }

  private String layOut(ChatMessage message) {
    String layout =
        switch (message.role()) {
          case "user" -> user;
          case "assistant" -> assistant;
          case "system", "developer" -> system;
          case "tool", "function" -> tool;
          default ->
              throw new IllegalArgumentException(
                  "role must be system, developer, user, assistant or tool, not '"
                      + message.role()
                      + "'");
        };
    String content = clean(message.content());
    return content.isEmpty()
        ? layout.replace(" " + CONTENT, "").replace(CONTENT, "")
        : layout.replace(CONTENT, content);
  }

  private static String clean(String content) {
    String lines = LINE_END.matcher(content).replaceAll("\n");
    return LINE_ENDS.matcher(lines).replaceAll("\n").strip();
  }
}
