package dev.skein.bench.mixed;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.Subject;

/**
 * What long prompts do to sessions that decode.
 *
 * @param sessions that decode
 * @param promptTokens of each prompt that is read beside them
 * @param calm time between tokens of a session without prompts
 * @param pressed and with one always being read
 * @param promptTokensPerSecond read meanwhile
 */
public record PressureReport(
    Subject subject,
    int sessions,
    int promptTokens,
    Latencies calm,
    Latencies pressed,
    double promptTokensPerSecond,
    MixedReport.Proof proof) {

  /** The line that a program reads. */
  public ObjectNode toJson() {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("bench", "mixed");
    line.put("load", "prompts");
    MixedReport.head(line, subject, sessions);
    line.put("prompt_tokens", promptTokens);
    line.put("prompt_tok_s", MixedReport.rounded(promptTokensPerSecond));
    calm.addTo(line, "itl");
    pressed.addTo(line, "itl_beside_prompts");
    proof.addTo(line);
    return line;
  }
}
