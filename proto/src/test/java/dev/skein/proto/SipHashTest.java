package dev.skein.proto;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SipHashTest {

  /** The first ones that the reference implementation publishes, and that of its paper. */
  @Test
  void equalsTheReference() {
    SipHash hash = new SipHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);
    assertThat(hash.applyAsLong(upTo(0))).isEqualTo(0x726fdb47dd0e0e31L);
    assertThat(hash.applyAsLong(upTo(1))).isEqualTo(0x74f839c593dc67fdL);
    assertThat(hash.applyAsLong(upTo(2))).isEqualTo(0x0d6c8009d9a94f5aL);
    assertThat(hash.applyAsLong(upTo(7))).isEqualTo(0xab0200f58b01d137L);
    assertThat(hash.applyAsLong(upTo(8))).isEqualTo(0x93f5f5799a932462L);
    assertThat(hash.applyAsLong(upTo(15))).isEqualTo(0xa129ca6149be45e5L);
  }

  @Test
  void anotherKeyIsAnotherHash() {
    assertThat(new SipHash(1, 2).applyAsLong(upTo(20)))
        .isNotEqualTo(new SipHash(1, 3).applyAsLong(upTo(20)))
        .isNotEqualTo(new SipHash(2, 2).applyAsLong(upTo(20)));
  }

  private static byte[] upTo(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }
}
