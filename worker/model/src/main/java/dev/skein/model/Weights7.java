package dev.skein.model;

import dev.skein.kernels.Matrix;
import org.jspecify.annotations.Nullable;

/** The weights of an RWKV-7 layer, by their role in the equations. */
final class Weights7 {
  private Weights7() {}

  /**
   * Of the time mix. The letters are those of the equations: r receptance, w decay, k key, v value,
   * a in-context rate, g gate.
   *
   * @param mixR and so on: how much of the previous token each input takes
   * @param output the last product
   * @param baseW and so on: what is added to the low-rank product
   * @param loraV null in the first layer, like {@code baseV}
   * @param removal k_k: from the key to what is taken out of the state
   * @param keyRate k_a: how far the in-context rate scales the key
   * @param bonus r_k, all heads one after another
   */
  @SuppressWarnings("ArrayRecordComponent") // a holder, never compared
  record Time(
      float[] mixR,
      float[] mixW,
      float[] mixK,
      float[] mixV,
      float[] mixA,
      float[] mixG,
      Matrix receptance,
      Matrix key,
      Matrix value,
      Matrix output,
      float[] baseW,
      Lora loraW,
      float[] baseA,
      Lora loraA,
      float @Nullable [] baseV,
      @Nullable Lora loraV,
      Lora loraG,
      float[] removal,
      float[] keyRate,
      float[] bonus,
      Norm norm) {

    /** The largest rank of the low-rank products. */
    int rank() {
      int rank = Math.max(loraG.rank(), Math.max(loraW.rank(), loraA.rank()));
      return loraV == null ? rank : Math.max(rank, loraV.rank());
    }

    long bytes() {
      long matrices = receptance.bytes() + key.bytes() + value.bytes() + output.bytes();
      long loras = loraW.bytes() + loraA.bytes() + loraG.bytes();
      loras += loraV == null ? 0 : loraV.bytes();
      return matrices + loras + 4L * 14 * mixR.length;
    }
  }

  /** Of the channel mix. */
  @SuppressWarnings("ArrayRecordComponent") // a holder, never compared
  record Channel(float[] mixK, Matrix key, Matrix value) {
    long bytes() {
      return key.bytes() + value.bytes() + 4L * mixK.length;
    }
  }
}
