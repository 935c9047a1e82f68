package dev.skein.router.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.BadRecordException;
import java.util.List;

/**
 * Fields of the OpenAI API that would change the answer and are not supported yet: refused rather
 * than ignored.
 */
public final class Unsupported {
  private static final List<String> LISTS_IN_CHAT = List.of("functions");

  private Unsupported() {}

  static void refuseInChat(JsonFields fields) throws ApiException {
    for (String name : LISTS_IN_CHAT) {
      JsonNode list = fields.get(name);
      if (list != null && !list.isEmpty()) {
        throw refusal(name);
      }
    }
    refuseObject(fields, "audio");
    JsonNode modalities = fields.get("modalities");
    if (modalities != null) {
      for (JsonNode modality : modalities) {
        if (!modality.asText().equals("text")) {
          throw refusal("modalities");
        }
      }
    }
  }

  static void refuseInText(JsonFields fields) throws ApiException {
    if (fields.flag("echo")) {
      throw refusal("echo");
    }
    String suffix = fields.string("suffix");
    if (suffix != null && !suffix.isEmpty()) {
      throw refusal("suffix");
    }
    Integer bestOf = fields.integer("best_of", 1, 20);
    Integer choices = fields.integer("n", 1, Integer.MAX_VALUE);
    if (bestOf != null && bestOf != (choices == null ? 1 : choices)) {
      throw refusal("best_of");
    }
  }

  private static void refuseObject(JsonFields fields, String name) throws ApiException {
    if (fields.get(name) != null) {
      throw refusal(name);
    }
  }

  /** The refusal of a field. */
  public static ApiException refusal(String param) {
    return new ApiException(
        ApiError.invalid(
            BadRecordException.UNSUPPORTED, param, "'" + param + "' is not supported yet."));
  }
}
