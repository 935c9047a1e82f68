package dev.skein.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SipHashTest {
  /** Bytes 0, 1, 2, … as key and as data: the authors' own vectors. */
  private static final SipHash HASH = new SipHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);

  @Test
  void equalsTheAuthorsVectors() {
    assertThat(HASH.of(counting(0))).isEqualTo(0x726fdb47dd0e0e31L);
    assertThat(HASH.of(counting(15))).isEqualTo(0xa129ca6149be45e5L);
  }

  @Test
  void dependsOnTheKey() {
    byte[] name = counting(15);
    assertThat(SipHash.withRandomKey().of(name)).isNotEqualTo(SipHash.withRandomKey().of(name));
  }

  private static byte[] counting(int length) {
    byte[] data = new byte[length];
    for (int i = 0; i < length; i++) {
      data[i] = (byte) i;
    }
    return data;
  }
}
