package dev.skein.router.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.Accepted;
import dev.skein.router.delivery.StreamEvent.Begun;
import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import dev.skein.router.delivery.StreamEvent.Present;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import dev.skein.router.openai.Json;
import dev.skein.router.openai.ReplyForm;
import dev.skein.router.openai.ReplyPart;
import dev.skein.router.openai.ReplyReader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One response as it grows: typed events with sequence numbers, and the response as it stands. The
 * same turn always makes the same events, so a client that comes back is told from any number on.
 */
public final class ResponseWriter {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private enum Item {
    REASONING("rs_"),
    MESSAGE("msg_"),
    CALL("fc_");

    private final String prefix;

    Item(String prefix) {
      this.prefix = prefix;
    }
  }

  private final ResponseId id;
  private final ArrayNode output = NODES.arrayNode();
  private final StringBuilder text = new StringBuilder();
  private List<String> events = new ArrayList<>();
  private ReplyReader reader = new ReplyReader(ReplyForm.CHAT);
  private ResponseNote note = ResponseNote.NONE;
  private @Nullable Begun begun;
  private String status = "queued";
  private @Nullable Item item;
  private @Nullable String called;
  private @Nullable ObjectNode error;
  private @Nullable ChoiceEnd end;
  private int reasoned;
  private int sequence;
  private final boolean tells;

  public ResponseWriter(ResponseId id) {
    this(id, true);
  }

  private ResponseWriter(ResponseId id, boolean tells) {
    this.id = id;
    this.tells = tells;
  }

  /** One that makes no events: only the response as it stands is wanted. */
  public static ResponseWriter silent(ResponseId id) {
    return new ResponseWriter(id, false);
  }

  /** What it is called. */
  public ResponseId id() {
    return id;
  }

  /** Whether the turn has ended. */
  public boolean ended() {
    return end != null || error != null;
  }

  /** How the turn began; null as long as nothing of it was seen. */
  public @Nullable Begun begun() {
    return begun;
  }

  /** What its request wanted to be told again. */
  public ResponseNote note() {
    return note;
  }

  /** Takes the next event of the turn; returns the server-sent events that it becomes. */
  public List<String> write(StreamEvent event) {
    events = new ArrayList<>();
    switch (event) {
      case Accepted ignored -> {}
      case Present ignored -> {}
      case Begun first -> begin(first);
      case TokenPiece piece -> {
        if (reader.thinking()) {
          reasoned++;
        }
        read(reader.read(piece.text(), false));
      }
      case ChoiceEnd last -> end(last);
      case StreamFailure failure -> fail(failure);
    }
    return events;
  }

  private void begin(Begun first) {
    begun = first;
    note = ResponseNote.parse(first.note());
    reader = new ReplyReader(note.form());
    status = "in_progress";
    emit("response.created", holding("response", toJson()));
    emit("response.in_progress", holding("response", toJson()));
  }

  private void read(List<ReplyPart> parts) {
    for (ReplyPart part : parts) {
      switch (part) {
        case ReplyPart.Reasoning thought -> {
          open(Item.REASONING);
          delta("response.reasoning_text.delta", thought.text());
        }
        case ReplyPart.Content content -> {
          open(Item.MESSAGE);
          delta("response.output_text.delta", content.text());
        }
        case ReplyPart.Call call -> {
          called = call.name();
          open(Item.CALL);
        }
        case ReplyPart.Arguments more ->
            delta("response.function_call_arguments.delta", more.text());
      }
    }
  }

  private void open(Item next) {
    if (item == next) {
      return;
    }
    close();
    item = next;
    emit("response.output_item.added", itemEvent().set("item", item("in_progress")));
    if (next != Item.CALL) {
      emit("response.content_part.added", partEvent().set("part", part("")));
    }
  }

  private void delta(String type, String more) {
    text.append(more);
    ObjectNode event = (item == Item.CALL ? inItem() : partEvent()).put("delta", more);
    if (item == Item.MESSAGE) {
      event.putArray("logprobs");
    }
    emit(type, event);
  }

  /** Ends the open item, if there is one. */
  private void close() {
    Item closing = item;
    if (closing == null) {
      return;
    }
    String whole = text.toString();
    switch (closing) {
      case CALL ->
          emit(
              "response.function_call_arguments.done",
              inItem().put("name", called).put("arguments", whole));
      case REASONING -> emit("response.reasoning_text.done", partEvent().put("text", whole));
      case MESSAGE -> {
        ObjectNode done = partEvent().put("text", whole);
        done.putArray("logprobs");
        emit("response.output_text.done", done);
      }
    }
    if (closing != Item.CALL) {
      emit("response.content_part.done", partEvent().set("part", part(whole)));
    }
    ObjectNode done = item("completed");
    emit("response.output_item.done", itemEvent().set("item", done));
    output.add(done);
    text.setLength(0);
    item = null;
  }

  private void end(ChoiceEnd last) {
    read(reader.read(last.text(), true));
    if (item == null && output.isEmpty()) {
      open(Item.MESSAGE);
    }
    close();
    end = last;
    status =
        switch (last.finishReason()) {
          case "stop", "tool_calls" -> "completed";
          case "cancelled" -> "cancelled";
          default -> "incomplete";
        };
    String type = status.equals("completed") ? "response.completed" : "response.incomplete";
    emit(type, holding("response", toJson()));
  }

  private void fail(StreamFailure failure) {
    status = "failed";
    error = NODES.objectNode().put("code", "server_error").put("message", failure.message());
    emit("response.failed", holding("response", toJson()));
  }

  private String itemId() {
    return (item == null ? "" : item.prefix) + id.requestId();
  }

  private ObjectNode itemEvent() {
    return NODES.objectNode().put("output_index", output.size());
  }

  private ObjectNode inItem() {
    return NODES.objectNode().put("item_id", itemId()).put("output_index", output.size());
  }

  private ObjectNode partEvent() {
    return inItem().put("content_index", 0);
  }

  private ObjectNode part(String whole) {
    if (item == Item.REASONING) {
      return NODES.objectNode().put("type", "reasoning_text").put("text", whole);
    }
    ObjectNode part = NODES.objectNode().put("type", "output_text").put("text", whole);
    part.putArray("annotations");
    part.putArray("logprobs");
    return part;
  }

  private ObjectNode item(String itemStatus) {
    ObjectNode node = NODES.objectNode().put("id", itemId());
    boolean isDone = !itemStatus.equals("in_progress");
    if (item == Item.CALL) {
      return node.put("type", "function_call")
          .put("status", itemStatus)
          .put("call_id", "call_" + id.requestId())
          .put("name", called)
          .put("arguments", text.toString());
    }
    if (item == Item.REASONING) {
      node.put("type", "reasoning").put("status", itemStatus).putArray("summary");
    } else {
      node.put("type", "message").put("status", itemStatus).put("role", "assistant");
    }
    ArrayNode content = node.putArray("content");
    if (isDone) {
      content.add(part(text.toString()));
    }
    return node;
  }

  private static ObjectNode holding(String name, ObjectNode value) {
    return NODES.objectNode().set(name, value);
  }

  private void emit(String type, JsonNode fields) {
    if (!tells) {
      return;
    }
    ObjectNode event = NODES.objectNode().put("type", type).put("sequence_number", sequence++);
    event.setAll((ObjectNode) fields);
    events.add("event: " + type + "\ndata: " + Json.text(event) + "\n\n");
  }

  /** The response as it stands. */
  public ObjectNode toJson() {
    ObjectNode root = NODES.objectNode().put("id", id.toString()).put("object", "response");
    root.put("created_at", id.createdSeconds()).put("status", status);
    root.setAll(note.told());
    root.set("error", error == null ? NODES.nullNode() : error);
    if (status.equals("incomplete")) {
      root.putObject("incomplete_details").put("reason", "max_output_tokens");
    } else {
      root.putNull("incomplete_details");
    }
    root.set("output", output.deepCopy());
    ChoiceEnd last = end;
    if (last == null) {
      root.putNull("usage");
      return root;
    }
    ObjectNode usage = root.putObject("usage").put("input_tokens", last.promptTokens());
    usage.putObject("input_tokens_details").put("cached_tokens", last.cachedTokens());
    usage.put("output_tokens", last.completionTokens());
    usage.putObject("output_tokens_details").put("reasoning_tokens", reasoned);
    usage.put("total_tokens", last.promptTokens() + last.completionTokens());
    return root;
  }
}
