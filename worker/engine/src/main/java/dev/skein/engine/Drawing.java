package dev.skein.engine;

import dev.skein.kernels.WorkerPool;
import dev.skein.kernels.WorkerPool.Phase;
import dev.skein.model.sampling.PenaltyTable;
import dev.skein.model.sampling.Sampler;
import dev.skein.model.sampling.SamplerWorkspace;
import dev.skein.model.text.Tokenizer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The draws of one step, spread over the threads of the kernels: a draw from a vocabulary of 65,536
 * costs half a millisecond, and there is one for every decoding session. A draw reads its own
 * sequence and logits and nothing else, so it does not matter which thread makes it. What follows
 * from a draw is done by the engine's thread, in order.
 */
final class Drawing {
  private static final Phase<Drawing> PICK = Drawing::pick;

  private final WorkerPool workers;
  private final SamplerWorkspace[] memories;
  private final List<Sequence> sequences = new ArrayList<>();
  private final List<MemorySegment> logits = new ArrayList<>();

  Drawing(WorkerPool workers, int vocabulary) {
    this.workers = workers;
    this.memories = new SamplerWorkspace[workers.parts()];
    for (int i = 0; i < memories.length; i++) {
      memories[i] = new SamplerWorkspace(vocabulary);
    }
  }

  /** For one generation, a sampler for each part of the work; all have the same penalties. */
  List<Sampler> samplersFor(Generation g, @Nullable Tokenizer tokenizer) {
    PenaltyTable penalties =
        PenaltyTable.restore(g.progress().penaltyTokens(), g.progress().penaltyCounts());
    List<Sampler> samplers = new ArrayList<>(memories.length);
    for (SamplerWorkspace memory : memories) {
      samplers.add(new Sampler(g.sampling(), tokenizer, memory, penalties));
    }
    return samplers;
  }

  /** Adds a sequence that is to draw from these logits. */
  void add(Sequence sequence, MemorySegment from) {
    sequences.add(sequence);
    logits.add(from);
  }

  /** Makes all draws, hands them over in the order in which they were added, and forgets them. */
  void run(Consequence consequence) {
    if (sequences.size() == 1) {
      pick(0, 1);
    } else if (!sequences.isEmpty()) {
      workers.run(this, PICK);
    }
    sequences.forEach(consequence::drawn);
    sequences.clear();
    logits.clear();
  }

  /** What becomes of a sequence that has drawn. */
  interface Consequence {
    void drawn(Sequence sequence);
  }

  private void pick(int part, int parts) {
    for (int i = part; i < sequences.size(); i += parts) {
      sequences.get(i).pick(logits.get(i), part, memories[part]);
    }
  }
}
