package dev.skein.bench.lookup;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.BenchReport;
import dev.skein.bench.Subject;
import dev.skein.model.Batch;
import dev.skein.model.Rwkv;
import dev.skein.model.StateSlab;
import dev.skein.model.Workspace;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures what a step of 1 … 8 tokens of one session costs, with logits after each and a copy of
 * the state before it, and replays given texts with drafts of every length at that cost.
 */
public final class LookupBench {
  private static final int TOKENS_MAX = 8;
  private static final int STEPS = 41;

  private final Subject subject;

  /** A bench of this model's steps. */
  public LookupBench(Subject subject) {
    this.subject = subject;
  }

  /**
   * A text and how many of its tokens were given; the others were drawn, each from the model's
   * distribution after all before it.
   */
  @SuppressWarnings("ArrayRecordComponent") // a holder, never compared
  public record Drawn(int[] ids, int prompt) {}

  /** Warms up, measures, replays: one line for each length of draft. */
  public List<ObjectNode> run(List<Drawn> texts, int warmUpSeconds) {
    double[] costs = costs(warmUpSeconds);
    Speculation speculation = new Speculation(costs);
    List<ObjectNode> lines = new ArrayList<>();
    for (int draft = 0; draft < TOKENS_MAX; draft++) {
      Speculation.Outcome sum = Speculation.Outcome.NOTHING;
      for (Drawn text : texts) {
        sum = sum.plus(speculation.replay(text.ids(), text.prompt(), draft));
      }
      lines.add(line(draft, costs[draft], sum));
    }
    return lines;
  }

  private ObjectNode line(int draft, double cost, Speculation.Outcome outcome) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("bench", "lookup");
    line.put("shape", subject.name());
    line.put("quant", subject.rwkv().quantization().title());
    line.put("threads", subject.threads());
    line.put("backend", subject.rwkv().backend());
    line.put("draft_tokens", draft);
    line.put("ms_step", Math.rint(cost * 1e3) / 1e3);
    line.put("drawn", outcome.drawn());
    line.put("tokens_per_step", Math.rint(100.0 * outcome.drawn() / outcome.steps()) / 100);
    line.put(
        "accepted_percent",
        outcome.drafted() == 0
            ? 0
            : Math.rint(1000.0 * outcome.accepted() / outcome.drafted()) / 10);
    line.put("speedup", Math.rint(100 * outcome.speedup()) / 100);
    return line;
  }

  /** Milliseconds, the median, of steps of 1, 2, … tokens; the lengths take turns. */
  private double[] costs(int warmUpSeconds) {
    List<List<Double>> all = new ArrayList<>();
    Rwkv rwkv = subject.rwkv();
    try (StateSlab slab = new StateSlab(rwkv.stateLayout(), 2);
        Workspace workspace = rwkv.newWorkspace(TOKENS_MAX, TOKENS_MAX)) {
      long until = System.nanoTime() + warmUpSeconds * 1_000_000_000L;
      do {
        step(slab, workspace, TOKENS_MAX);
        step(slab, workspace, 1);
      } while (System.nanoTime() < until);
      for (int k = 0; k < TOKENS_MAX; k++) {
        all.add(new ArrayList<>());
      }
      for (int i = 0; i < STEPS * TOKENS_MAX; i++) {
        int k = i % TOKENS_MAX;
        all.get(k).add(step(slab, workspace, k + 1) / 1e6);
      }
    }
    return all.stream().mapToDouble(BenchReport::median).toArray();
  }

  private long step(StateSlab slab, Workspace workspace, int tokens) {
    int[] ids = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      ids[i] = 1 + i * 37 % (subject.rwkv().config().vocabulary() - 1);
    }
    Batch batch = new Batch();
    batch.add(0, ids, 0, tokens, Batch.Outputs.ALL);
    long from = System.nanoTime();
    slab.copy(0, 1);
    subject.rwkv().forward(batch, slab, workspace);
    return System.nanoTime() - from;
  }
}
