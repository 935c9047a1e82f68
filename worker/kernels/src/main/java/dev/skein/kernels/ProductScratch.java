package dev.skein.kernels;

/** What one thread needs for products, allocated once. */
public final class ProductScratch {
  /** Columns of a panel that are widened at a time; whole windows. */
  static final int CHUNK = 4 * Activations.WINDOW;

  /** Blocks of activation rows that are multiplied with a widened chunk. */
  static final int BLOCKS = 8;

  /** Sums of a block: two rows for each of its pairs. */
  static final int SUMS = Activations.BLOCK * Matrix.PANEL;

  /** A piece of a panel, {@code [column][16]}. */
  final double[] weights = new double[CHUNK * Matrix.PANEL];

  /** Columns of {@link #PANELS} panels that are widened to floats at a time. */
  static final int FLOAT_CHUNK = 2 * Activations.WINDOW;

  /** Panels that are widened to floats together. */
  static final int PANELS = 4;

  /** Rows of activations whose sums over a panel of four-bit weights are taken together. */
  static final int INT_ROWS = 64;

  /** Of those sums the upper parts, {@code [row][16]}. */
  final int[] upper = new int[INT_ROWS * Matrix.PANEL];

  /** Of those sums the lower parts, {@code [row][16]}. */
  final int[] lower = new int[INT_ROWS * Matrix.PANEL];

  /** Pieces of panels, {@code [panel][column][16]}. */
  final float[] floats = new float[PANELS * FLOAT_CHUNK * Matrix.PANEL];

  /** The sums of one window and block, {@code [pair][16]}, both rows of a pair in one. */
  final double[] both = new double[SUMS / 2];

  /** For every block {@code [pair][16]} of the upper rows, then as many of the lower rows. */
  final double[] sums = new double[BLOCKS * SUMS];

  /** Room for one thread. */
  public ProductScratch() {}
}
