package dev.skein.model.block;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Wkv7Row;
import dev.skein.model.ModelConfig;

/** What the time mix of RWKV-7 needs for a step, allocated once; a row a token. */
final class Space7 implements TimeSpace {
  final Activations inputR;
  final Activations inputK;
  final Activations inputV;
  final Activations inputW;
  final Activations inputA;
  final Activations inputG;

  /** The low-rank products before their second factor. */
  final Activations innerW;

  final Activations innerA;
  final Activations innerV;
  final Activations innerG;

  final float[][] r;
  final float[][] w;
  final float[][] k;
  final float[][] v;
  final float[][] a;
  final float[][] g;

  /** How much of the first layer's value a layer takes. */
  final float[][] gateV;

  /** The first layer's values, which all layers above read. */
  final float[][] firstV;

  /** Results of the heads, the input of the last product. */
  final Activations heads;

  /** The vectors of the recurrence, in the first layer and above. */
  final Wkv7Row[] firstRows;

  final Wkv7Row[] rows;

  /**
   * @param rank the largest of all low-rank products
   */
  Space7(ModelConfig c, int tokens, int rank, boolean quantized) {
    int width = c.width();
    inputR = new Activations(tokens, width, quantized);
    inputK = new Activations(tokens, width, quantized);
    inputV = new Activations(tokens, width, quantized);
    inputW = new Activations(tokens, width, false);
    inputA = new Activations(tokens, width, false);
    inputG = new Activations(tokens, width, false);
    innerW = new Activations(tokens, rank, false);
    innerA = new Activations(tokens, rank, false);
    innerV = new Activations(tokens, rank, false);
    innerG = new Activations(tokens, rank, false);
    a = new float[tokens][width];
    g = new float[tokens][width];
    gateV = new float[tokens][width];
    firstV = new float[tokens][width];
    heads = new Activations(tokens, width, quantized);
    r = new float[tokens][];
    w = new float[tokens][];
    k = new float[tokens][];
    v = new float[tokens][];
    firstRows = new Wkv7Row[tokens];
    rows = new Wkv7Row[tokens];
    for (int t = 0; t < tokens; t++) {
      Wkv7Row row = new Wkv7Row(width);
      r[t] = row.r();
      w[t] = row.w();
      k[t] = row.k();
      v[t] = row.v();
      float[] y = heads.row(t);
      rows[t] = new Wkv7Row(row.r(), row.w(), row.k(), row.v(), row.kk(), row.b(), y);
      firstRows[t] = new Wkv7Row(row.r(), row.w(), row.k(), firstV[t], row.kk(), row.b(), y);
    }
  }
}
