package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.Forwarded;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForwardedMarksTest {
  @Test
  void aSecondCopyIsToldByItsOrigin() {
    ForwardedMarks marks = new ForwardedMarks(List.of());
    assertThat(marks.isSecondCopy(0, new OriginMark(3, 7))).isFalse();
    assertThat(marks.isSecondCopy(1, new OriginMark(4, 7))).isFalse();
    assertThat(marks.isSecondCopy(2, new OriginMark(3, 7))).isTrue();
    assertThat(marks.isSecondCopy(3, new OriginMark(3, 8))).isFalse();
  }

  /** The turn of record 0 still runs when its owner dies: the next one must run it. */
  @Test
  void whatTheNextOwnerReadsAgainIsNoSecondCopyForIt() {
    ForwardedMarks first = new ForwardedMarks(List.of());
    first.isSecondCopy(0, new OriginMark(3, 7));
    first.isSecondCopy(1, new OriginMark(3, 8));
    assertThat(first.below(0)).isEmpty();

    ForwardedMarks next = new ForwardedMarks(first.below(0));
    assertThat(next.isSecondCopy(0, new OriginMark(3, 7))).isFalse();
    assertThat(next.isSecondCopy(1, new OriginMark(3, 8))).isFalse();
    assertThat(next.isSecondCopy(2, new OriginMark(3, 7))).isTrue();
  }

  @Test
  void whatIsDoneIsKept() {
    ForwardedMarks first = new ForwardedMarks(List.of());
    first.isSecondCopy(0, new OriginMark(3, 7));
    first.isSecondCopy(1, new OriginMark(3, 8));
    List<Forwarded> kept = first.below(1);
    ForwardedMarks next = new ForwardedMarks(kept);
    assertThat(next.isSecondCopy(1, new OriginMark(3, 8))).isFalse();
    assertThat(next.isSecondCopy(5, new OriginMark(3, 7))).isTrue();
  }
}
