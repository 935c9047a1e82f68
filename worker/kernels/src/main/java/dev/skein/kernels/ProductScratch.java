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

  /** The sums of one window and block, {@code [pair][16]}, both rows of a pair in one. */
  final double[] both = new double[SUMS / 2];

  /** For every block {@code [pair][16]} of the upper rows, then as many of the lower rows. */
  final double[] sums = new double[BLOCKS * SUMS];

  /** Room for one thread. */
  public ProductScratch() {}
}
