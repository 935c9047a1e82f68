package dev.skein.proto;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OffsetTableTest {

  @Test
  void aNameCostsHardlyMoreThanThirtyTwoBytes() {
    OffsetTable table = new OffsetTable(new SipHash(1, 2));
    for (int i = 0; i < 100_000; i++) {
      table.put(("session-" + i).getBytes(UTF_8), i);
      if (i > 100) {
        assertThat(table.bytes()).isLessThanOrEqualTo(34L * table.size());
      }
    }
    for (int i = 0; i < 100_000; i++) {
      assertThat(table.find(("session-" + i).getBytes(UTF_8))).isEqualTo(i);
    }
    assertThat(table.find("nobody".getBytes(UTF_8))).isEqualTo(-1);
  }

  @Test
  void hashesAtTheEndGoOnAtTheBeginning() {
    OffsetTable table = new OffsetTable(name -> -1L - name[0]);
    for (int i = 0; i < 40; i++) {
      table.put(new byte[] {(byte) i}, i);
    }
    for (int i = 0; i < 40; i++) {
      assertThat(table.find(new byte[] {(byte) i})).isEqualTo(i);
    }
    assertThat(table.find(new byte[] {41})).isEqualTo(-1);
  }
}
