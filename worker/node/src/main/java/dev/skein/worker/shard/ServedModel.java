package dev.skein.worker.shard;

import dev.skein.model.grammar.Grammars;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.ChatTemplate;
import dev.skein.model.text.Tokenizer;
import dev.skein.proto.Fingerprint;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the session protocol needs to know of a model.
 *
 * @param name the name that requests use
 * @param pool whose requests it answers; its engine may answer those of others too
 * @param tokenizer text to ids
 * @param template chat messages to text
 * @param defaults sampling where a request is silent
 * @param fingerprint under which states are stored
 * @param architecture e.g. {@code rwkv7}, stored beside states
 * @param vocabulary ids are below this
 * @param startStates what sessions may begin with, by name
 * @param grammars its compiled constraints
 */
public record ServedModel(
    String name,
    String pool,
    Tokenizer tokenizer,
    ChatTemplate template,
    SamplingParameters defaults,
    Fingerprint fingerprint,
    String architecture,
    int vocabulary,
    Map<String, NamedState> startStates,
    Grammars grammars) {

  /** A model that has compiled no constraint yet. */
  public ServedModel(
      String name,
      String pool,
      Tokenizer tokenizer,
      ChatTemplate template,
      SamplingParameters defaults,
      Fingerprint fingerprint,
      String architecture,
      int vocabulary,
      Map<String, NamedState> startStates) {
    this(
        name,
        pool,
        tokenizer,
        template,
        defaults,
        fingerprint,
        architecture,
        vocabulary,
        startStates,
        new Grammars(tokenizer, vocabulary));
  }

  /** A model without start states. */
  public ServedModel(
      String name,
      String pool,
      Tokenizer tokenizer,
      ChatTemplate template,
      SamplingParameters defaults,
      Fingerprint fingerprint,
      String architecture,
      int vocabulary) {
    this(
        name, pool, tokenizer, template, defaults, fingerprint, architecture, vocabulary, Map.of());
  }

  /** By what the engine tells tenants apart: those of two pools are never the same. */
  String tenant(String ofPool) {
    return pool + "/" + ofPool;
  }

  /**
   * The named state from which the next turn must run, or null if there is none or what the session
   * remembers is newer.
   *
   * @param asked the name that the request gives; empty: none
   * @throws Rejection if there is no such state, or the session began otherwise
   */
  @Nullable NamedState start(Session session, String asked) throws Rejection {
    if (!session.isFresh() && !asked.isEmpty() && !asked.equals(session.origin().startName())) {
      throw new Rejection(
          "start_state_mismatch",
          "Session %s began with %s; start_state is for a session that has read nothing."
              .formatted(
                  session.id,
                  session.origin().startName().isEmpty()
                      ? "no start state"
                      : "start state " + session.origin().startName()));
    }
    String name = session.isFresh() ? asked : session.origin().startName();
    if (name.isEmpty() || !session.beginsAnew()) {
      return null;
    }
    NamedState state = startStates.get(name);
    if (state == null) {
      throw new Rejection(
          "start_state_not_found",
          "Model %s has no start state %s here. It has: %s."
              .formatted(
                  this.name,
                  name,
                  startStates.isEmpty()
                      ? "none"
                      : String.join(", ", new TreeSet<>(startStates.keySet()))));
    }
    if (!session.isFresh() && !state.digest().equals(session.origin().startDigest())) {
      throw new Rejection(
          "start_state_changed",
          "Session %s began with another state than the one that is called %s now."
              .formatted(session.id, name));
    }
    return state;
  }

  /** Its weights made a state of this fingerprint, by whatever arithmetic. */
  boolean made(Fingerprint state) {
    return hasWeights(state.getModel());
  }

  /** These are its weights. */
  boolean hasWeights(String weights) {
    return weights.equals(fingerprint.getModel());
  }

  /** Why a turn that others began does not go on. */
  Rejection otherTurn(RequestRecord request) {
    return new Rejection(
        "model_changed",
        "Request %s was begun by other weights than those now served as %s; ask again for a whole answer."
            .formatted(request.requestId(), name));
  }

  /** Why a state that it did not make is of no use. */
  Rejection otherWeights(Session session) {
    return new Rejection(
        "fingerprint_mismatch",
        "Session %s was made by other weights than those now served as %s; its state cannot be used with them."
            .formatted(session.id, name));
  }

  /** Why ids of another tokenizer are of no use. */
  Rejection otherWords(String session) {
    return new Rejection(
        "tokenizer_mismatch",
        "Session %s was read by a model with another tokenizer than %s; only a fresh start is possible."
            .formatted(session, name));
  }

  /** The text of one token by itself; what is no text of its own is shown as U+FFFD. */
  String text(int token) {
    return new String(tokenizer.bytes(token), StandardCharsets.UTF_8);
  }
}
