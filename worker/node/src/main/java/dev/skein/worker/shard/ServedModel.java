package dev.skein.worker.shard;

import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.ChatTemplate;
import dev.skein.model.text.Tokenizer;
import dev.skein.proto.Fingerprint;
import java.nio.charset.StandardCharsets;

/**
 * What the session protocol needs to know of a model.
 *
 * @param name the name that requests use
 * @param tokenizer text to ids
 * @param template chat messages to text
 * @param defaults sampling where a request is silent
 * @param fingerprint under which states are stored
 * @param architecture e.g. {@code rwkv7}, stored beside states
 * @param vocabulary ids are below this
 */
public record ServedModel(
    String name,
    Tokenizer tokenizer,
    ChatTemplate template,
    SamplingParameters defaults,
    Fingerprint fingerprint,
    String architecture,
    int vocabulary) {

  /** The text of one token by itself; what is no text of its own is shown as U+FFFD. */
  String text(int token) {
    return new String(tokenizer.bytes(token), StandardCharsets.UTF_8);
  }
}
