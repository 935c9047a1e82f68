package dev.skein.router.openai;

import dev.skein.proto.Kind;
import dev.skein.proto.Request;
import dev.skein.proto.Vector;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call of {@code /v1/embeddings}, checked.
 *
 * @param requests one a text, without the model
 * @param model the model that the client named, or null
 * @param base64 whether vectors are written as little-endian 32-bit floats in base64
 * @param normalize whether vectors are brought to length 1, as users of the API expect
 */
public record EmbeddingCall(
    List<Request> requests, @Nullable String model, boolean base64, boolean normalize) {
  private static final int INPUTS_MAX = 2_048;

  /** Reads and checks a body. */
  public static EmbeddingCall parse(byte[] body, CallHeaders headers) throws ApiException {
    JsonFields fields = JsonFields.parse(body);
    String format = fields.string("encoding_format");
    if (format != null && !format.equals("float") && !format.equals("base64")) {
      throw ApiException.invalid(
          "encoding_format", "'encoding_format' must be \"float\" or \"base64\".");
    }
    if (fields.get("dimensions") != null) {
      throw Unsupported.refusal("dimensions");
    }
    Request.Builder request =
        Request.newBuilder().setKind(Kind.KIND_EMBED).setEphemeral(true).setVector(vector(fields));
    String id = headers.idempotencyKey();
    if (id != null) {
      request.setRequestId(CallParser.requestId(id));
    }
    Boolean normalize = fields.bool("normalize");
    return new EmbeddingCall(
        inputs(fields, request.build()),
        CallParser.model(fields),
        "base64".equals(format),
        normalize == null || normalize);
  }

  private static Vector vector(JsonFields fields) throws ApiException {
    String word = fields.string("vector");
    return switch (word) {
      case null -> Vector.VECTOR_HIDDEN;
      case "hidden" -> Vector.VECTOR_HIDDEN;
      case "mean" -> Vector.VECTOR_MEAN;
      default -> throw ApiException.invalid("vector", "'vector' must be \"hidden\" or \"mean\".");
    };
  }

  private static List<Request> inputs(JsonFields fields, Request request) throws ApiException {
    List<Request> inputs = new ArrayList<>();
    for (PromptField.Prompt prompt : PromptField.prompts(fields, "input", INPUTS_MAX)) {
      inputs.add(prompt.into(request.toBuilder()).build());
    }
    return inputs;
  }
}
