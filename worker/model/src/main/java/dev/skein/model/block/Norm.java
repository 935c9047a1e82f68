package dev.skein.model.block;

/** Weight and bias of a layer norm or group norm. */
@SuppressWarnings("ArrayRecordComponent") // a holder, never compared
public record Norm(float[] weight, float[] bias) {
  /** Added to the variance by every layer norm of every version. */
  public static final float EPS = 1e-5f;
}
