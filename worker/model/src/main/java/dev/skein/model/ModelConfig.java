package dev.skein.model;

/**
 * The dimensions of a model, as read from the shapes of its tensors.
 *
 * @param layers number of blocks
 * @param width C, the length of the residual stream
 * @param headSize N; {@code heads * headSize == width}
 * @param ffnWidth F, the inner width of the channel mix
 * @param vocabulary number of rows of the embedding table and of the head
 * @param groupNormEps added to the variance inside the group norm of the time mix
 */
public record ModelConfig(
    Architecture architecture,
    int layers,
    int width,
    int headSize,
    int heads,
    int ffnWidth,
    int vocabulary,
    float groupNormEps) {

  /** What BlinkDL's code uses for every version since 5. */
  public static final float GROUP_NORM_EPS = 64e-5f;
}
