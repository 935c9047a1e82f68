package dev.skein.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class SessionStateTest {
  private static final float[] ODD = {1.5f, -0f, Float.NaN, Float.MIN_VALUE, -3e38f};

  @Test
  void bytesAndBackKeepEveryBit() {
    SessionState state = SessionState.of(ODD);
    ByteBuffer bytes = ByteBuffer.allocate(3 + 20).position(3).put(state.stored());
    assertThat(bytes.remaining()).isZero();
    assertThat(bytes.array()).startsWith(0, 0, 0, 0, 0, 0xC0, 0x3F);
    SessionState again = SessionState.reading(bytes.position(3));
    assertThat(again).isEqualTo(state);
    assertThat(again.toArray()).containsExactly(ODD);
    assertThat(again.bytes()).isEqualTo(20);
    assertThat(again.floats()).isEqualTo(5);
  }

  @Test
  void equalMeansAllBits() {
    assertThat(SessionState.of(new float[] {0f})).isNotEqualTo(SessionState.of(new float[] {-0f}));
    assertThat(SessionState.of(ODD))
        .isEqualTo(SessionState.of(ODD))
        .hasSameHashCodeAs(SessionState.of(ODD));
  }

  @Test
  void nobodyCanChangeIt() {
    float[] values = {1, 2};
    SessionState state = SessionState.of(values);
    values[0] = 9;
    state.toArray()[1] = 9;
    assertThat(state.stored().isReadOnly()).isTrue();
    assertThat(state.stored().getFloat()).isEqualTo(1);
    assertThat(state.toArray()).containsExactly(1, 2);
  }

  @Test
  void brokenBytesAreRefused() {
    assertThatThrownBy(() -> SessionState.reading(ByteBuffer.allocate(5)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
