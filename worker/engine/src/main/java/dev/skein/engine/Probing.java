package dev.skein.engine;

import dev.skein.kernels.WorkerPool;
import dev.skein.kernels.WorkerPool.Phase;
import dev.skein.model.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The probed tokens of one step, spread over the threads of the kernels like draws: each has a
 * vocabulary of exponentials to add up, and reads its own logits and nothing else.
 */
final class Probing {
  private static final Phase<Probing> LOOK = Probing::look;

  private record Task(Sequence sequence, int position, MemorySegment logits) {}

  private final WorkerPool workers;
  private final List<Task> tasks = new ArrayList<>();

  Probing(WorkerPool workers) {
    this.workers = workers;
  }

  /** Adds the tokens of row {@code row}, which the sequence has not yet advanced over. */
  void add(Sequence sequence, int row, int count, Workspace workspace) {
    for (int i = 0; i < count; i++) {
      int position = sequence.fed() + i;
      sequence.probe().take(position, workspace.hidden(row, i));
      tasks.add(new Task(sequence, position, workspace.logits(row, i)));
    }
  }

  /** Looks at all of them and forgets them. */
  void run() {
    if (!tasks.isEmpty()) {
      workers.run(this, LOOK);
    }
    tasks.clear();
  }

  private void look(int part, int parts) {
    for (int i = part; i < tasks.size(); i += parts) {
      Task task = tasks.get(i);
      try {
        task.sequence.probe().look(task.position, task.logits);
      } catch (ArithmeticException e) { // the end of this one only
        task.sequence.fail(String.valueOf(e.getMessage()));
      }
    }
  }
}
