package dev.skein.engine;

import dev.skein.model.sampling.Logprobs;
import dev.skein.model.sampling.SamplingParameters;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run of a model over one session: what to feed, and how to draw after it. The tokens that come
 * out are a function of this record, the model and nothing else. Arrays are copied in and must not
 * be changed by readers.
 *
 * @param start the state to start from; null is the zero state
 * @param prompt token ids fed before the first draw; empty only if there is a start state and
 *     nothing is to be drawn before the first witness token
 * @param drawn tokens that an earlier run of this same turn drew (the witness from the log): they
 *     are accounted as if drawn, but taken as fact
 * @param trusted whether that goes without a check; else the last of them is drawn again, to
 *     compare
 * @param sampling how tokens are drawn
 * @param seed seed of the random numbers; draw {@code i} uses {@code uniform(seed, turn, choice,
 *     i)}
 * @param turn number of the turn in its session
 * @param choice number of the choice in its turn
 * @param maxTokens limit of draws; 0 feeds only
 * @param stop stop strings, matched on bytes
 * @param stopTokens token ids that end the generation as the end-of-text token does
 * @param ignoreEndOfText whether the end-of-text token is a token like any other
 * @param logprobs how many alternatives to report beside each token; -1 reports no probabilities
 * @param keepState whether the end carries the state
 * @param priority higher ones get slots and prefill budget first
 * @param tenant whose generation it is; slots are shared fairly among tenants
 * @param progress where the turn's draws stand already, when it goes on in its middle; then {@code
 *     start} has read all before {@code prompt}, {@code prompt} is what is left of the turn's
 *     prompt, and {@code drawn} begins with the index {@code progress.drawn()}
 * @param probe what to find out about the prompt while it is read
 * @param guidance the form that the drawn text must have; null if it may be anything
 * @param noCache whether the prompt is read afresh, and nothing of it kept for others that begin so
 */
@SuppressWarnings(
    "ArrayRecordComponent") // ids by the thousand; identity is what names a generation
public record Generation(
    @Nullable SessionState start,
    int[] prompt,
    int[] drawn,
    boolean trusted,
    SamplingParameters sampling,
    long seed,
    int turn,
    int choice,
    int maxTokens,
    List<String> stop,
    int[] stopTokens,
    boolean ignoreEndOfText,
    int logprobs,
    boolean keepState,
    int priority,
    String tenant,
    Progress progress,
    Probe probe,
    @Nullable Guidance guidance,
    boolean noCache) {

  /** Copies and checks; {@link IllegalArgumentException} names the field. */
  public Generation {
    prompt = prompt.clone();
    drawn = drawn.clone();
    stop = List.copyOf(stop);
    stopTokens = stopTokens.clone();
    require(maxTokens >= 0, "max_tokens must not be negative");
    require(progress.drawn() + drawn.length <= maxTokens, "more witness tokens than max_tokens");
    require(
        prompt.length > 0
            || progress.unread().length > 0
            || (start != null && (maxTokens == 0 || drawn.length > 0)),
        "there is nothing to feed before the first draw: the prompt is empty");
    require(logprobs >= -1 && logprobs <= Logprobs.TOP_MAX, "logprobs must be from -1 to 20");
    require(probe.scoredFrom() <= prompt.length, "the first scored token lies behind the prompt");
    require(turn >= 0 && choice >= 0, "turn and choice must not be negative");
  }

  /** Index behind the last witness token: no turn ends before it. */
  int witnessed() {
    return progress.drawn() + drawn.length;
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  /** A generation of up to 16 greedy tokens from the zero state, to be changed where needed. */
  public static Builder of(int... prompt) {
    return new Builder(prompt);
  }

  /** A builder that begins with the values of this generation. */
  public Builder toBuilder() {
    Builder b = new Builder(prompt);
    b.start = start;
    b.drawn = drawn;
    b.trusted = trusted;
    b.sampling = sampling;
    b.seed = seed;
    b.turn = turn;
    b.choice = choice;
    b.maxTokens = maxTokens;
    b.stop = stop;
    b.stopTokens = stopTokens;
    b.ignoreEndOfText = ignoreEndOfText;
    b.logprobs = logprobs;
    b.keepState = keepState;
    b.priority = priority;
    b.tenant = tenant;
    b.progress = progress;
    b.probe = probe;
    b.guidance = guidance;
    b.noCache = noCache;
    return b;
  }

  /** Collects the fields of a generation; one method a field, named like it. */
  public static final class Builder {
    private @Nullable SessionState start;
    private int[] prompt;
    private int[] drawn = {};
    private boolean trusted;
    private SamplingParameters sampling = SamplingParameters.GREEDY;
    private long seed;
    private int turn;
    private int choice;
    private int maxTokens = 16;
    private List<String> stop = List.of();
    private int[] stopTokens = {};
    private boolean ignoreEndOfText;
    private int logprobs = -1;
    private boolean keepState;
    private int priority;
    private String tenant = "";
    private Progress progress = Progress.NONE;
    private Probe probe = Probe.NONE;
    private @Nullable Guidance guidance;
    private boolean noCache;

    private Builder(int[] prompt) {
      this.prompt = prompt;
    }

    public Builder start(@Nullable SessionState value) {
      start = value;
      return this;
    }

    public Builder prompt(int... value) {
      prompt = value;
      return this;
    }

    public Builder drawn(int... value) {
      drawn = value;
      return this;
    }

    public Builder trusted(boolean value) {
      trusted = value;
      return this;
    }

    public Builder sampling(SamplingParameters value) {
      sampling = value;
      return this;
    }

    public Builder seed(long value) {
      seed = value;
      return this;
    }

    public Builder turn(int value) {
      turn = value;
      return this;
    }

    public Builder choice(int value) {
      choice = value;
      return this;
    }

    public Builder maxTokens(int value) {
      maxTokens = value;
      return this;
    }

    public Builder stop(List<String> value) {
      stop = value;
      return this;
    }

    public Builder stopTokens(int... value) {
      stopTokens = value;
      return this;
    }

    public Builder ignoreEndOfText(boolean value) {
      ignoreEndOfText = value;
      return this;
    }

    public Builder logprobs(int value) {
      logprobs = value;
      return this;
    }

    public Builder keepState(boolean value) {
      keepState = value;
      return this;
    }

    public Builder priority(int value) {
      priority = value;
      return this;
    }

    public Builder tenant(String value) {
      tenant = value;
      return this;
    }

    public Builder progress(Progress value) {
      progress = value;
      return this;
    }

    public Builder probe(Probe value) {
      probe = value;
      return this;
    }

    public Builder guidance(@Nullable Guidance value) {
      guidance = value;
      return this;
    }

    public Builder noCache(boolean value) {
      noCache = value;
      return this;
    }

    /** The generation, checked. */
    public Generation build() {
      return new Generation(
          start,
          prompt,
          drawn,
          trusted,
          sampling,
          seed,
          turn,
          choice,
          maxTokens,
          stop,
          stopTokens,
          ignoreEndOfText,
          logprobs,
          keepState,
          priority,
          tenant,
          progress,
          probe,
          guidance,
          noCache);
    }
  }
}
