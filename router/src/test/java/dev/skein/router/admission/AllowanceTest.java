package dev.skein.router.admission;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AllowanceTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void refillsEvenlyUpToAMinutesWorth() {
    Allowance six = new Allowance(6, 0);
    for (int i = 0; i < 6; i++) {
      assertThat(six.take(0)).isTrue();
    }
    assertThat(six.take(0)).isFalse();
    assertThat(six.secondsUntilOne(0)).isEqualTo(10);
    assertThat(six.take(9 * SECOND)).isFalse();
    assertThat(six.take(10 * SECOND)).isTrue();
    assertThat(six.take(10 * SECOND)).isFalse();
    long later = 1_000 * SECOND;
    for (int i = 0; i < 6; i++) {
      assertThat(six.take(later)).isTrue();
    }
    assertThat(six.take(later)).as("more than a minute is not saved up").isFalse();
  }

  @Test
  void adebtIsWorkedOff() {
    Allowance sixty = new Allowance(60, 0);
    sixty.charge(90, 0);
    assertThat(sixty.left(30 * SECOND)).isFalse();
    assertThat(sixty.secondsUntilOne(0)).isEqualTo(31);
    assertThat(sixty.left(31 * SECOND)).isTrue();
  }

  @Test
  void withoutALimitNothingRunsOut() {
    Allowance free = new Allowance(Quotas.UNLIMITED, 0);
    free.charge(Long.MAX_VALUE / 2, 0);
    assertThat(free.take(0)).isTrue();
    assertThat(free.left(0)).isTrue();
  }
}
