package dev.skein.model;

/** Weight and bias of a layer norm or group norm. */
@SuppressWarnings("ArrayRecordComponent") // a holder, never compared
record Norm(float[] weight, float[] bias) {
  /** Added to the variance by every layer norm of every version. */
  static final float EPS = 1e-5f;
}
