package dev.skein.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.random.RandomWeights;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A step allocates nothing. Measured on the scalar kernels: those of the Vector API allocate until
 * they are compiled.
 */
class AllocationTest {

  @ParameterizedTest
  @MethodSource("dev.skein.model.InvarianceTest#kinds")
  void aStepAllocatesNothing(Architecture architecture, Quantization q) throws Exception {
    RandomWeights file = RandomWeights.of(Shapes.odd(architecture), 1);
    try (WorkerPool workers = new WorkerPool(1);
        Rwkv model =
            Rwkv.load(
                file, q, Kernels.scalar(), workers, ModelConfig.GROUP_NORM_EPS, LoadProgress.NONE);
        StateSlab slab = new StateSlab(model.stateLayout(), 3);
        Workspace workspace = model.newWorkspace(32, 3)) {
      Batch batch = new Batch();
      int[] tokens = new int[10];
      step(model, batch, slab, workspace, tokens); // the first one loads classes
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 100; i++) {
        step(model, batch, slab, workspace, tokens);
      }
      long bytes = threads.getCurrentThreadAllocatedBytes() - before;
      assertThat(bytes / 100).isLessThan(64); // the bean itself allocates a little
    }
  }

  private static void step(Rwkv model, Batch batch, StateSlab slab, Workspace w, int[] tokens) {
    batch.clear();
    batch.add(0, tokens, 0, 1, true);
    batch.add(2, tokens, 0, 10, true);
    batch.add(1, tokens, 3, 2, false);
    model.forward(batch, slab, w);
  }
}
