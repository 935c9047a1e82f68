package dev.skein.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class ThreadPolicyTest {
  @Test
  void threadsInheritTheBackgroundAndMayLeaveIt() {
    CompletableFuture<Boolean> inherited = new CompletableFuture<>();
    CompletableFuture<Boolean> left = new CompletableFuture<>();
    Runnable parent =
        () -> {
          ThreadPolicy.background();
          Thread.ofPlatform()
              .start(() -> {
                inherited.complete(ThreadPolicy.inBackground());
                ThreadPolicy.foreground();
                left.complete(ThreadPolicy.inBackground());
              });
        };
    Thread.ofPlatform().start(parent);
    assertThat(inherited.join()).isTrue();
    assertThat(left.join()).isFalse();
    assertThat(ThreadPolicy.inBackground()).as("the thread of this test").isFalse();
  }

  @Test
  void threadsOfAPoolAreInTheForegroundWhoeverStartsIt() {
    CompletableFuture<Boolean> helper = new CompletableFuture<>();
    Thread.ofPlatform()
        .start(() -> {
          ThreadPolicy.background();
          try (WorkerPool pool = new WorkerPool(2)) {
            while (!helper.isDone()) {
              pool.run(Thread.currentThread(), (caller, part, parts) -> tell(caller, helper));
            }
          }
        });
    assertThat(helper.join()).isFalse();
  }

  private static void tell(Thread caller, CompletableFuture<Boolean> helper) {
    if (!Thread.currentThread().equals(caller)) {
      helper.complete(ThreadPolicy.inBackground());
    }
  }
}
