package dev.skein.worker.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The budget is the least that is worth a snapshot, and never more than a takeover can bear. */
class CheckpointPolicyTest {

  private static final long SMALL = 2_400_000;
  private static final long LARGE = 35_000_000;

  private long nowMs;
  private final CheckpointPolicy policy = new CheckpointPolicy(256, 1_000);

  private void runAt(int tokensPerSecond) {
    nowMs += 10_000;
    policy.ran(0, nowMs);
    nowMs += 10_000;
    policy.ran(tokensPerSecond * 10, nowMs);
  }

  @Test
  void aShardAtRestStoresAtTheLeastBudget() {
    assertThat(policy.budget(LARGE)).isEqualTo(256);
  }

  @Test
  void aLargeStateAtAHighRateIsStoredLessOften() {
    runAt(100);
    assertThat(policy.budget(SMALL)).isEqualTo(256);
    // 35 MB * 0.1 tokens/ms / (5 % of 50,000 bytes/ms)
    assertThat(policy.budget(LARGE)).isEqualTo(1_400);
    runAt(10_000);
    assertThat(policy.budget(LARGE)).as("bounded").isEqualTo(16 * 256);
  }

  @Test
  void slowWritesAreSeenAndMakeItStoreLessOften() {
    runAt(100);
    int before = policy.budget(LARGE);
    policy.stored(LARGE, 5_000);
    assertThat(policy.budget(LARGE)).isGreaterThan(before);
    for (int i = 0; i < 20; i++) {
      policy.stored(LARGE, 70);
    }
    assertThat(policy.budget(LARGE)).as("500 MB/s").isEqualTo(256);
  }

  @Test
  void ageAndEvictionHaveTheirOwnRules() {
    assertThat(policy.isOld(0, 999)).isFalse();
    assertThat(policy.isOld(0, 1_000)).isTrue();
    assertThat(policy.oldAtMs(Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
    assertThat(policy.isDueBeforeEviction(32)).isFalse();
    assertThat(policy.isDueBeforeEviction(33)).isTrue();
  }
}
