package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import dev.skein.proto.Fingerprint;
import dev.skein.proto.Manifest;
import dev.skein.proto.TurnRef;
import org.jspecify.annotations.Nullable;

/**
 * What a session is made of: the model that reads it, and what it began with.
 *
 * @param model name of the model; empty: none yet
 * @param tokenizer digest of the tokenizer of its ids; empty: not known
 * @param fingerprint of the model that ran its last turn, or null
 * @param startName the named state that it began with; empty: the model's own
 * @param startDigest of that state
 * @param anew the turn with which it began anew under other weights
 */
record Origin(
    String model,
    String tokenizer,
    @Nullable Fingerprint fingerprint,
    String startName,
    ByteString startDigest,
    Anew anew) {

  /**
   * A beginning under other weights.
   *
   * @param from the turn; 0: there was none
   * @param after where the session stood before; null: it had read nothing
   */
  record Anew(int from, @Nullable TurnRef after) {}

  static final Origin NONE = new Origin("", "", null, "", ByteString.EMPTY, new Anew(0, null));

  static Origin of(Manifest manifest) {
    return new Origin(
        manifest.getModel(),
        manifest.getTokenizer(),
        manifest.hasFingerprint() ? manifest.getFingerprint() : null,
        manifest.getStartState(),
        manifest.getStartStateDigest(),
        new Anew(manifest.getAnewFrom(), manifest.hasAnewAfter() ? manifest.getAnewAfter() : null));
  }

  Manifest.Builder write(Manifest.Builder manifest) {
    manifest
        .setModel(model)
        .setTokenizer(tokenizer)
        .setStartState(startName)
        .setStartStateDigest(startDigest)
        .setAnewFrom(anew.from());
    TurnRef after = anew.after();
    if (after != null) {
      manifest.setAnewAfter(after);
    }
    return fingerprint == null ? manifest : manifest.setFingerprint(fingerprint);
  }

  /**
   * Begins anew with this turn: the ids of earlier ones may be other words.
   *
   * @param after where the session stood; null: it had read nothing
   */
  Origin anew(ServedModel model, int turn, @Nullable TurnRef after) {
    return NONE.by(model, new Anew(turn, after == null ? anew.after() : after));
  }

  /** The model has read, or is to read, all of it. */
  Origin by(ServedModel model) {
    return by(model, anew);
  }

  /** The model has run a turn: after one of other weights only where nothing had been read. */
  Origin ran(ServedModel model, int turn) {
    boolean isAnother = fingerprint != null && !model.made(fingerprint);
    return by(model, isAnother ? new Anew(turn, anew.after()) : anew);
  }

  private Origin by(ServedModel model, Anew begun) {
    String words = model.tokenizer().digest();
    return new Origin(model.name(), words, model.fingerprint(), startName, startDigest, begun);
  }

  /** The session began anew after this turn, and cannot go back to it. */
  boolean isAfter(int turn) {
    return Integer.compareUnsigned(turn, anew.from()) < 0;
  }

  Origin beginningWith(NamedState start) {
    return new Origin(model, tokenizer, fingerprint, start.name(), start.digest(), anew);
  }
}
