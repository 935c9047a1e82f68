package dev.skein.engine.reading;

import dev.skein.engine.Engine;
import dev.skein.engine.EngineStep;
import dev.skein.engine.Findings;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.Probe;
import dev.skein.engine.SessionState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Scores, ranks and embeds given text.
 *
 * <pre>{@code
 * Reader reader = Reader.of(engine);
 * int[] question = model.tokenizer().encode("Bears eat");
 * Score score = reader.score(Passage.of(question, model.tokenizer().encode(" honey.")));
 * List<Score> ranked = reader.choose(new Question(null, question, List.of(honey, stones)));
 * float[] vector = reader.hidden(null, question);
 * }</pre>
 *
 * <p>All methods wait for the engine. A list of questions is asked at once and answered in its
 * order.
 */
public final class Reader {
  private final Runner runner;

  private Reader(Runner runner) {
    this.runner = runner;
  }

  /** Runs generations to their ends, in their order. */
  interface Runner {
    List<GenerationEnd> run(List<Generation> generations);
  }

  /** A reader for any thread but the engine's own. */
  public static Reader of(Engine engine) {
    return new Reader(generations -> Runs.on(engine, generations));
  }

  /** A reader that runs the step itself, on the calling thread. */
  public static Reader of(EngineStep step) {
    return new Reader(generations -> Runs.on(step, generations));
  }

  /**
   * The log-probabilities of texts after their contexts.
   *
   * @throws IllegalArgumentException if a passage is empty or holds ids that the model does not
   *     know
   * @throws IllegalStateException if the engine failed
   */
  public List<Score> score(List<Passage> passages) {
    List<Generation> generations = new ArrayList<>();
    for (Passage passage : passages) {
      int[] all = concat(passage.context(), passage.text());
      generations.add(
          Generation.of(all)
              .start(passage.start())
              .maxTokens(0)
              .probe(Probe.scores(Math.max(1, passage.context().length)))
              .build());
    }
    List<GenerationEnd> ends = runner.run(generations);
    List<Score> scores = new ArrayList<>();
    for (int i = 0; i < ends.size(); i++) {
      scores.add(Score.of(passages.get(i).text(), found(ends.get(i))));
    }
    return scores;
  }

  /** The log-probabilities of one text; see {@link #score(List)}. */
  public Score score(Passage passage) {
    return score(List.of(passage)).getFirst();
  }

  /**
   * The scores of every answer of every question, in their order. Each context is read once, up to
   * its last token; every answer then starts from a copy of that state.
   *
   * @throws IllegalArgumentException if a question holds ids that the model does not know
   * @throws IllegalStateException if the engine failed
   */
  public List<List<Score>> choose(List<Question> questions) {
    List<@Nullable SessionState> states = contexts(questions);
    List<Passage> passages = new ArrayList<>();
    for (int i = 0; i < questions.size(); i++) {
      int[] context = questions.get(i).context();
      int[] last = {context[context.length - 1]};
      for (int[] answer : questions.get(i).answers()) {
        passages.add(new Passage(states.get(i), last, answer));
      }
    }
    List<Score> scores = score(passages);
    List<List<Score>> ranked = new ArrayList<>();
    int from = 0;
    for (Question question : questions) {
      int to = from + question.answers().size();
      ranked.add(List.copyOf(scores.subList(from, to)));
      from = to;
    }
    return ranked;
  }

  /** The scores of one question's answers; see {@link #choose(List)}. */
  public List<Score> choose(Question question) {
    return choose(List.of(question)).getFirst();
  }

  /** The states after all contexts but their last tokens. */
  private List<@Nullable SessionState> contexts(List<Question> questions) {
    List<Generation> generations = new ArrayList<>();
    for (Question question : questions) {
      if (question.context().length > 1) {
        int[] head = Arrays.copyOf(question.context(), question.context().length - 1);
        generations.add(feed(question.start(), head).build());
      }
    }
    List<GenerationEnd> ends = runner.run(generations);
    List<@Nullable SessionState> states = new ArrayList<>();
    int next = 0;
    for (Question question : questions) {
      states.add(question.context().length > 1 ? state(ends.get(next++)) : question.start());
    }
    return states;
  }

  /**
   * The vector after the last token, after ln_out and before the head: C floats, what the model's
   * authors call the hidden state.
   */
  public float[] hidden(@Nullable SessionState start, int[] tokens) {
    return find(start, tokens, new Probe(0, true, false)).hidden();
  }

  /** The mean, over all tokens, of the vector that {@link #hidden} gives for the last one. */
  public float[] mean(@Nullable SessionState start, int[] tokens) {
    return find(start, tokens, new Probe(0, false, true)).mean();
  }

  /** The recurrent state after the tokens, in the order of the model's state layout. */
  public SessionState state(@Nullable SessionState start, int[] tokens) {
    return state(runner.run(List.of(feed(start, tokens).build())).getFirst());
  }

  private Findings find(@Nullable SessionState start, int[] tokens, Probe probe) {
    Generation generation = Generation.of(tokens).start(start).maxTokens(0).probe(probe).build();
    return found(runner.run(List.of(generation)).getFirst());
  }

  private static Generation.Builder feed(@Nullable SessionState start, int[] tokens) {
    return Generation.of(tokens).start(start).maxTokens(0).keepState(true);
  }

  private static Findings found(GenerationEnd end) {
    Findings findings = end.findings();
    if (findings == null) {
      throw failed(end);
    }
    return findings;
  }

  private static SessionState state(GenerationEnd end) {
    SessionState state = end.state();
    if (state == null) {
      throw failed(end);
    }
    return state;
  }

  private static IllegalStateException failed(GenerationEnd end) {
    String why = end.error();
    return new IllegalStateException(
        why == null ? "the engine ended a reading as " + end.reason() : why);
  }

  private static int[] concat(int[] first, int[] second) {
    int[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
