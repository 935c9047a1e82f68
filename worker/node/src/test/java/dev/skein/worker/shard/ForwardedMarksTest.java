package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.Forwarded;
import dev.skein.proto.Wire;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ForwardedMarksTest {
  private static final int SHARD = 0;

  @Test
  void aSecondCopyIsToldByItsOrigin() {
    ForwardedMarks marks = new ForwardedMarks(SHARD, List.of());
    assertThat(marks.isSecondCopy(record(0, 3, 7))).isFalse();
    assertThat(marks.isSecondCopy(record(1, 4, 7))).isFalse();
    assertThat(marks.isSecondCopy(record(2, 3, 7))).isTrue();
    assertThat(marks.isSecondCopy(record(3, 3, 8))).isFalse();
  }

  /** The turn of record 0 still runs when its owner dies: the next one must run it. */
  @Test
  void whatTheNextOwnerReadsAgainIsNoSecondCopyForIt() {
    ForwardedMarks first = new ForwardedMarks(SHARD, List.of());
    first.isSecondCopy(record(0, 3, 7));
    first.isSecondCopy(record(1, 3, 8));
    assertThat(first.at(0)).isEmpty();

    ForwardedMarks next = new ForwardedMarks(SHARD, stored(first.at(0)));
    assertThat(next.isSecondCopy(record(0, 3, 7))).isFalse();
    assertThat(next.isSecondCopy(record(1, 3, 8))).isFalse();
    assertThat(next.isSecondCopy(record(2, 3, 7))).isTrue();
  }

  @Test
  void whatIsDoneIsKept() {
    ForwardedMarks first = new ForwardedMarks(SHARD, List.of());
    first.isSecondCopy(record(0, 3, 7));
    first.isSecondCopy(record(1, 3, 8));
    ForwardedMarks next = new ForwardedMarks(SHARD, stored(first.at(1)));
    assertThat(next.isSecondCopy(record(1, 3, 8))).isFalse();
    assertThat(next.isSecondCopy(record(5, 3, 7))).isTrue();
  }

  private static RawRecord record(long offset, int partition, long origin) {
    return new RawRecord(offset, null, null, Map.of(Wire.ORIGIN, partition + "/" + origin), 0);
  }

  private static List<Forwarded> stored(Map<Integer, Long> marks) {
    return marks.entrySet().stream()
        .map(e -> Forwarded.newBuilder().setPartition(e.getKey()).setOffset(e.getValue()).build())
        .toList();
  }
}
