package dev.skein.router.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;

/** The body that answers a call of {@code /v1/embeddings}, filled in the order of its texts. */
public final class EmbeddingAnswer {
  private final EmbeddingCall call;
  private final ObjectNode root;
  private final ArrayNode data;
  private int tokens;

  public EmbeddingAnswer(EmbeddingCall call, String model) {
    this.call = call;
    this.root = JsonNodeFactory.instance.objectNode().put("object", "list");
    this.data = root.putArray("data");
    root.put("model", model);
  }

  /** Takes the vector of the next text. */
  public void add(ChoiceEnd end) {
    tokens += end.promptTokens();
    float[] vector = call.normalize() ? unit(end.embedding()) : floats(end.embedding(), 1);
    ObjectNode entry = data.addObject().put("object", "embedding").put("index", data.size() - 1);
    if (call.base64()) {
      ByteBuffer bytes =
          ByteBuffer.allocate(Float.BYTES * vector.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(vector);
      entry.put("embedding", Base64.getEncoder().encodeToString(bytes.array()));
    } else {
      ArrayNode numbers = entry.putArray("embedding");
      for (float number : vector) {
        numbers.add(number);
      }
    }
  }

  private static float[] unit(List<Float> vector) {
    double sum = 0;
    for (float number : vector) {
      sum += (double) number * number;
    }
    return floats(vector, sum == 0 ? 1 : Math.sqrt(sum));
  }

  private static float[] floats(List<Float> vector, double length) {
    float[] numbers = new float[vector.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) (vector.get(i) / length);
    }
    return numbers;
  }

  /** The body. */
  public ObjectNode toJson() {
    root.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
    return root;
  }
}
