package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import dev.skein.proto.Fingerprint;
import dev.skein.proto.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * What a session is made of: the model that reads it, and what it began with.
 *
 * @param model name of the model; empty: none yet
 * @param tokenizer digest of the tokenizer of its ids; empty: not known
 * @param fingerprint of the model that ran its last turn, or null
 * @param startName the named state that it began with; empty: the model's own
 * @param startDigest of that state
 */
record Origin(
    String model,
    String tokenizer,
    @Nullable Fingerprint fingerprint,
    String startName,
    ByteString startDigest) {

  static final Origin NONE = new Origin("", "", null, "", ByteString.EMPTY);

  static Origin of(Manifest manifest) {
    return new Origin(
        manifest.getModel(),
        manifest.getTokenizer(),
        manifest.hasFingerprint() ? manifest.getFingerprint() : null,
        manifest.getStartState(),
        manifest.getStartStateDigest());
  }

  Manifest.Builder write(Manifest.Builder manifest) {
    manifest
        .setModel(model)
        .setTokenizer(tokenizer)
        .setStartState(startName)
        .setStartStateDigest(startDigest);
    return fingerprint == null ? manifest : manifest.setFingerprint(fingerprint);
  }

  Origin by(ServedModel model) {
    return new Origin(
        model.name(), model.tokenizer().digest(), model.fingerprint(), startName, startDigest);
  }

  Origin beginningWith(NamedState start) {
    return new Origin(model, tokenizer, fingerprint, start.name(), start.digest());
  }
}
