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
 * @param anewFrom the turn with which it began anew under other weights; 0: it never did
 */
record Origin(
    String model,
    String tokenizer,
    @Nullable Fingerprint fingerprint,
    String startName,
    ByteString startDigest,
    int anewFrom) {

  static final Origin NONE = new Origin("", "", null, "", ByteString.EMPTY, 0);

  static Origin of(Manifest manifest) {
    return new Origin(
        manifest.getModel(),
        manifest.getTokenizer(),
        manifest.hasFingerprint() ? manifest.getFingerprint() : null,
        manifest.getStartState(),
        manifest.getStartStateDigest(),
        manifest.getAnewFrom());
  }

  Manifest.Builder write(Manifest.Builder manifest) {
    manifest
        .setModel(model)
        .setTokenizer(tokenizer)
        .setStartState(startName)
        .setStartStateDigest(startDigest)
        .setAnewFrom(anewFrom);
    return fingerprint == null ? manifest : manifest.setFingerprint(fingerprint);
  }

  /** Begins anew with this turn: the ids of earlier ones may be other words. */
  static Origin anew(ServedModel model, int turn) {
    return NONE.by(model, turn);
  }

  /** The model has read, or is to read, all of it. */
  Origin by(ServedModel model) {
    return by(model, anewFrom);
  }

  /** The model has run a turn: after one of other weights only where nothing had been read. */
  Origin ran(ServedModel model, int turn) {
    boolean isAnother = fingerprint != null && !model.made(fingerprint);
    return by(model, isAnother ? turn : anewFrom);
  }

  private Origin by(ServedModel model, int from) {
    String words = model.tokenizer().digest();
    return new Origin(model.name(), words, model.fingerprint(), startName, startDigest, from);
  }

  /** The session began anew after this turn, and cannot go back to it. */
  boolean isAfter(int turn) {
    return Integer.compareUnsigned(turn, anewFrom) < 0;
  }

  Origin beginningWith(NamedState start) {
    return new Origin(model, tokenizer, fingerprint, start.name(), start.digest(), anewFrom);
  }
}
