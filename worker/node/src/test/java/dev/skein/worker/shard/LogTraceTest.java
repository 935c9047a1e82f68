package dev.skein.worker.shard;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.ShardRecord;
import dev.skein.store.RecordPrint;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the shard record tells of the log, however often its owner changes. */
class LogTraceTest {

  @Test
  void itNamesTheLastRecordsBelowTheWatermark() {
    LogTrace trace = new LogTrace(ShardRecord.getDefaultInstance());
    for (int i = 0; i < 40; i++) {
      trace.read(raw(i));
    }
    ShardRecord record = written(trace, 30);
    assertThat(record.getBeforeList()).hasSize(RecordPrint.PLACE);
    assertThat(record.getBefore(RecordPrint.PLACE - 1)).isEqualTo(print(29));
    assertThat(record.getBefore(0)).isEqualTo(print(14));
    assertThat(record.getReadTo()).isEqualTo(40);
    LogTrace next = new LogTrace(record);
    assertThat(written(next, 30)).isEqualTo(record);
    for (int i = 30; i < 33; i++) {
      next.read(raw(i));
    }
    ShardRecord later = written(next, 33);
    assertThat(later.getBefore(RecordPrint.PLACE - 1)).isEqualTo(print(32));
    assertThat(later.getBefore(0)).isEqualTo(print(17));
    assertThat(later.getReadTo()).isEqualTo(40);
  }

  @Test
  void itNamesTheGapsFromTheWatermarkOn() {
    LogTrace trace = new LogTrace(ShardRecord.getDefaultInstance());
    for (int offset : new int[] {0, 1, 4, 5, 7}) {
      trace.read(raw(offset));
    }
    ShardRecord record = written(trace, 1);
    assertThat(record.getGapsList()).containsExactly(2L, 4L, 6L, 7L);
    LogTrace next = new LogTrace(record);
    assertThat(written(next, 1).getGapsList()).containsExactly(2L, 4L, 6L, 7L);
    next.read(raw(1));
    next.read(raw(4));
    next.read(raw(4));
    assertThat(written(next, 5).getGapsList()).containsExactly(6L, 7L);
    assertThat(written(next, 8).getGapsList()).isEmpty();
  }

  private static ShardRecord written(LogTrace trace, long watermark) {
    ShardRecord.Builder record = ShardRecord.newBuilder().setWatermark(watermark);
    trace.write(record);
    return record.build();
  }

  private static RawRecord raw(long offset) {
    return new RawRecord(offset, null, value(offset), Map.of(), 0);
  }

  private static long print(long offset) {
    return RecordPrint.of(null, value(offset));
  }

  private static byte[] value(long offset) {
    return ("request " + offset).getBytes(UTF_8);
  }
}
