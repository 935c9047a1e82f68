package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class OffsetWindowTest {

  @Test
  void watermarkIsTheLowestOpenOffsetAndSkipsGaps() {
    OffsetWindow window = new OffsetWindow(5, List.of());
    assertThat(window.read(5)).isTrue();
    assertThat(window.read(9)).isTrue();
    window.finish(9);
    assertThat(window.watermark()).isEqualTo(5);
    assertThat(window.finished()).containsExactly(9L);
    window.finish(5);
    assertThat(window.watermark()).isEqualTo(10);
    assertThat(window.finished()).isEmpty();
  }

  @Test
  void whatAnEarlierOwnerFinishedIsSkipped() {
    OffsetWindow window = new OffsetWindow(5, List.of(7L));
    assertThat(window.isDone(4)).isTrue();
    assertThat(window.isDone(5)).isFalse();
    assertThat(window.isDone(7)).isTrue();
    assertThat(window.read(5)).isTrue();
    assertThat(window.read(7)).isFalse();
    assertThat(window.watermark()).isEqualTo(5);
    window.finish(5);
    assertThat(window.watermark()).isEqualTo(8);
  }

  @Test
  void aRecordThatIsReadTwiceCountsOnce() {
    OffsetWindow window = new OffsetWindow(0, List.of());
    assertThat(window.read(0)).isTrue();
    assertThat(window.read(0)).isFalse();
  }
}
