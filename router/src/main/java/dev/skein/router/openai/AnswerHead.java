package dev.skein.router.openai;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.proto.ModelCard;

/**
 * What all chunks of an answer have in common.
 *
 * @param createdSeconds when the request came, in seconds since 1970
 * @param fingerprint names the weights and the arithmetic that answer; "" if the model's card does
 *     not
 * @param pool of the model, if the ids of events have to say it; else ""
 * @param session that holds the state behind the answer, if the client asked for it; else ""
 */
public record AnswerHead(
    String id, long createdSeconds, String model, String fingerprint, String pool, String session) {
  private static final int DIGEST_CHARS = 12;

  /** What a model's card says of its weights and arithmetic, in the API's form. */
  public static String fingerprint(ModelCard card) {
    String model = card.getFingerprint().getModel();
    if (model.isEmpty()) {
      return "";
    }
    String digest = model.substring(0, Math.min(DIGEST_CHARS, model.length()));
    return "fp_" + digest + "_" + card.getFingerprint().getArithmetic();
  }

  /** Id of the call of a function that a choice may be; the same whenever the answer is told. */
  String callId(int choice) {
    String tail = id.substring(id.indexOf('-') + 1);
    return "call_" + tail + (choice == 0 ? "" : "_" + choice);
  }

  ObjectNode open(String object) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("id", id).put("object", object).put("created", createdSeconds).put("model", model);
    if (!fingerprint.isEmpty()) {
      root.put("system_fingerprint", fingerprint);
    }
    if (!session.isEmpty()) {
      root.put("session", session);
    }
    return root;
  }
}
