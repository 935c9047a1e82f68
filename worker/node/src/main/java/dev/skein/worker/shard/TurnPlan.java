package dev.skein.worker.shard;

import dev.skein.engine.Generation;
import dev.skein.engine.Guidance;
import dev.skein.engine.Probe;
import dev.skein.engine.Progress;
import dev.skein.engine.SessionState;
import dev.skein.model.grammar.Constraint;
import dev.skein.model.sampling.CounterRandom;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.ChatMessage;
import dev.skein.model.text.ChatTemplate;
import dev.skein.proto.Kind;
import dev.skein.proto.Request;
import dev.skein.proto.Sampling;
import dev.skein.proto.Token;
import dev.skein.proto.Vector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request read against its model: the same request, model and freshness of the session always
 * give the same plan, so a turn that is run again is the same turn.
 *
 * @param prompt token ids to feed
 * @param maxTokens how many tokens to draw at most; 0 feeds only
 * @param guidance the form that the answer must have, or null
 * @param start the named state to run from where the session has none of its own
 * @param known how many of the request's messages its session has exchanged before
 */
record TurnPlan(
    int[] prompt,
    int maxTokens,
    SamplingParameters sampling,
    long seed,
    List<String> stop,
    int[] stopTokens,
    @Nullable Guidance guidance,
    @Nullable NamedState start,
    int known) {

  private static final int MAX_TOKENS_DEFAULT = 1024;
  private static final int MAX_TOKENS_LIMIT = 1 << 20;

  /**
   * @param fresh the session has read nothing yet
   * @param start the named state to run from, or null
   * @param known how many of the request's messages its session has exchanged before
   * @throws Rejection if the request cannot be run; the sentence names what to change
   */
  static TurnPlan of(
      RequestRecord record, ServedModel model, boolean fresh, @Nullable NamedState start, int known)
      throws Rejection {
    Request request = record.request();
    int[] prompt = prompt(request, model, fresh, known);
    if (prompt.length == 0) {
      throw new Rejection(
          "empty_prompt", "The request holds no text: give prompt, tokens or messages.");
    }
    int maxTokens = maxTokens(request);
    return new TurnPlan(
        prompt,
        maxTokens,
        sampling(request.getSampling(), model.defaults()),
        request.hasSeed()
            ? request.getSeed()
            : CounterRandom.seed(record.session(), record.requestId()),
        stops(request, model),
        request.getStopTokensList().stream().mapToInt(Integer::intValue).toArray(),
        guidance(request, maxTokens, model),
        start,
        known);
  }

  private static @Nullable Guidance guidance(Request request, int maxTokens, ServedModel model)
      throws Rejection {
    if (!request.hasConstraint()) {
      return null;
    }
    try {
      Constraint constraint = constraint(request.getConstraint());
      return new Guidance(model.grammars().compile(constraint), maxTokens);
    } catch (IllegalArgumentException e) {
      throw new Rejection("invalid_request", String.valueOf(e.getMessage()));
    }
  }

  private static Constraint constraint(dev.skein.proto.Constraint asked) throws Rejection {
    return switch (asked.getRuleCase()) {
      case JSON_SCHEMA -> new Constraint.JsonSchema(asked.getJsonSchema());
      case REGEX -> new Constraint.Regex(asked.getRegex());
      case CHOICES -> new Constraint.Choices(asked.getChoices().getChoiceList());
      case GBNF -> new Constraint.Gbnf(asked.getGbnf());
      case JSON_OBJECT -> new Constraint.JsonObject();
      case RULE_NOT_SET ->
          throw new Rejection("invalid_request", "Field constraint holds no rule.");
    };
  }

  /** The engine's order for a turn of this plan, from where the session stands. */
  Generation generation(Session session, Turn turn) {
    Request request = turn.record().request();
    int[] witnessed = turn.witnessed().stream().mapToInt(Token::getId).toArray();
    MidTurn resume = turn.resume();
    return new Generation(
        resume == null ? state(session) : resume.state(),
        resume == null ? feed(session) : rest(resume),
        witnessed,
        turn.isTrusted(),
        sampling,
        seed,
        turn.number(),
        0,
        turn.limit(),
        stop,
        stopTokens,
        request.getIgnoreEndOfText(),
        request.hasLogprobs() ? request.getLogprobs() : -1,
        !session.ephemeral,
        request.getPriority(),
        turn.model().tenant(request.getTenant()),
        resume == null ? Progress.NONE : resume.progress(),
        probe(request),
        guidance,
        request.getNoCache());
  }

  private static Probe probe(Request request) {
    if (request.getKind() != Kind.KIND_EMBED) {
      return Probe.NONE;
    }
    boolean mean = request.getVector() == Vector.VECTOR_MEAN;
    return new Probe(0, !mean, mean);
  }

  /** What the session remembers, or else what it begins with; null: the model's own beginning. */
  private @Nullable SessionState state(Session session) {
    SessionState remembered = session.state();
    return remembered == null && start != null ? start.state() : remembered;
  }

  /** What the session's state has still to read, then the prompt. */
  private int[] feed(Session session) {
    int[] unread = session.unread();
    int[] feed = Arrays.copyOf(unread, unread.length + prompt.length);
    System.arraycopy(prompt, 0, feed, unread.length, prompt.length);
    return feed;
  }

  /** How many ids of the prompt are left to read. */
  int promptLeft(@Nullable MidTurn resume) {
    return resume == null ? prompt.length : rest(resume).length;
  }

  /** What is left of the prompt for a state in the middle of the turn. */
  int[] rest(MidTurn resume) {
    return Arrays.copyOfRange(prompt, Math.min(resume.read(), prompt.length), prompt.length);
  }

  /**
   * The same middle, if it is one of this plan.
   *
   * @throws IllegalArgumentException if its place in the constraint is not one of this constraint
   */
  MidTurn checked(MidTurn middle) {
    if (guidance != null && middle.progress().drawn() > 0) {
      guidance.grammar().check(middle.progress().grammar());
    }
    return middle;
  }

  /** The ids that a turn knows which goes on from its middle. */
  TurnIds idsOf(MidTurn resume) {
    int[] rest = rest(resume);
    int[] drawn = resume.progress().unread();
    int[] ids = Arrays.copyOf(rest, rest.length + drawn.length);
    System.arraycopy(drawn, 0, ids, rest.length, drawn.length);
    return new TurnIds(resume.read(), ids, resume.chain(), resume.tokensRead());
  }

  private static int[] prompt(Request request, ServedModel model, boolean fresh, int known)
      throws Rejection {
    boolean text = !request.getPrompt().isEmpty();
    boolean ids = request.getTokensCount() > 0;
    boolean chat = request.getMessagesCount() > 0;
    if ((text && ids) || (text && chat) || (ids && chat)) {
      throw new Rejection(
          "invalid_request", "Give one of prompt, tokens and messages, not several.");
    }
    if (ids) {
      return checkedIds(request.getTokensList(), model.vocabulary());
    }
    if (!chat) {
      return model.tokenizer().encode(request.getPrompt());
    }
    List<ChatMessage> messages =
        request.getMessagesList().stream()
            .skip(known)
            .map(message -> new ChatMessage(message.getRole(), message.getContent()))
            .toList();
    try {
      // A text under a constraint has no room for a thought.
      ChatTemplate template = request.hasConstraint() ? model.template().plain() : model.template();
      String layout = fresh ? template.first(messages) : template.next(messages);
      return model.tokenizer().encode(layout);
    } catch (IllegalArgumentException e) {
      throw new Rejection("invalid_request", String.valueOf(e.getMessage()));
    }
  }

  private static int[] checkedIds(List<Integer> tokens, int vocabulary) throws Rejection {
    int[] ids = new int[tokens.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = tokens.get(i);
      if (Integer.compareUnsigned(ids[i], vocabulary) >= 0) {
        throw new Rejection(
            "invalid_request",
            "Token %s is not of this model: ids run from 0 to %d."
                .formatted(Integer.toUnsignedString(ids[i]), vocabulary - 1));
      }
    }
    return ids;
  }

  private static int maxTokens(Request request) throws Rejection {
    if (request.getKind() == Kind.KIND_EXTEND || request.getKind() == Kind.KIND_EMBED) {
      return 0;
    }
    int asked = request.hasMaxTokens() ? request.getMaxTokens() : MAX_TOKENS_DEFAULT;
    if (asked < 1 || asked > MAX_TOKENS_LIMIT) {
      throw new Rejection(
          "invalid_request",
          "max_tokens must be from 1 to %d, not %s."
              .formatted(MAX_TOKENS_LIMIT, Integer.toUnsignedString(asked)));
    }
    return asked;
  }

  private static List<String> stops(Request request, ServedModel model) {
    List<String> stops = new ArrayList<>(request.getStopList());
    if (request.getMessagesCount() > 0 && !request.hasConstraint()) {
      stops.addAll(model.template().stop());
    }
    return stops.stream().distinct().toList();
  }

  /**
   * Greedy means the likeliest token: without the model's own penalties, unless they are asked for.
   */
  private static SamplingParameters sampling(Sampling asked, SamplingParameters modelDefaults)
      throws Rejection {
    boolean greedy = asked.hasTemperature() && asked.getTemperature() == 0;
    SamplingParameters defaults = greedy ? SamplingParameters.GREEDY : modelDefaults;
    Map<Integer, Float> bias = new HashMap<>(defaults.logitBias());
    bias.putAll(asked.getLogitBiasMap());
    try {
      return new SamplingParameters(
          asked.hasTemperature() ? asked.getTemperature() : defaults.temperature(),
          asked.hasTopP() ? asked.getTopP() : defaults.topP(),
          asked.hasTopK() ? asked.getTopK() : defaults.topK(),
          asked.hasMinP() ? asked.getMinP() : defaults.minP(),
          asked.hasTypicalP() ? asked.getTypicalP() : defaults.typicalP(),
          asked.hasPresencePenalty() ? asked.getPresencePenalty() : defaults.presencePenalty(),
          asked.hasFrequencyPenalty() ? asked.getFrequencyPenalty() : defaults.frequencyPenalty(),
          asked.hasPenaltyDecay() ? asked.getPenaltyDecay() : defaults.penaltyDecay(),
          bias);
    } catch (IllegalArgumentException e) {
      throw new Rejection("invalid_request", String.valueOf(e.getMessage()));
    }
  }
}
