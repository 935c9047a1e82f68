package dev.skein.kernels;

/** The C kernels for one instruction set. */
final class NativeKernels implements Kernels {
  private final InstructionSet set;

  NativeKernels(InstructionSet set) {
    this.set = set;
  }

  @Override
  public String name() {
    return "native-" + set.label();
  }

  // ---- products

  @Override
  public void quantize(Activations x, int from, int to) {
    NativeProducts.quantize(set.feature(), x, from, to);
  }

  @Override
  public void multiply(
      Matrix m,
      Activations x,
      int count,
      Rows y,
      int fromPanel,
      int toPanel,
      ProductScratch scratch) {
    NativeProducts.multiply(set.feature(), m, x, count, y, fromPanel, toPanel);
  }

  // ---- rows

  @Override
  public void add(Rows x, Rows y, int row) {
    NativeRows.add(set.feature(), x, y, row);
  }

  @Override
  public void layerNorm(Rows x, int row, Norm norm, Rows out, int outRow) {
    NativeRows.norm(set.feature(), x, row, norm, out, outRow);
  }

  @Override
  public void shift(Rows x, Rows previous, int row, Rows amounts, Rows[] outs) {
    for (int j = 0; j < outs.length; j++) {
      long amount = amounts.address(j, 0);
      NativeRows.shift(set.feature(), x, previous, row, amount, null, outs[j]);
    }
  }

  @Override
  public void shift(Rows x, Rows previous, int row, Rows amounts, Rows[] changes, Rows[] outs) {
    for (int j = 0; j < outs.length; j++) {
      long amount = amounts.address(j, 0);
      NativeRows.shift(set.feature(), x, previous, row, amount, changes[j], outs[j]);
    }
  }

  // ---- element by element

  @Override
  public void tanh(Rows x, int row, int from, int n) {
    NativeRows.tanh(set.feature(), x, row, from, n);
  }

  @Override
  public void sigmoid(Rows x, int row, int from, int n) {
    NativeRows.sigmoid(set.feature(), x, row, from, n);
  }

  @Override
  public void squaredRelu(Rows x, int row, int from, int n) {
    NativeRows.squaredRelu(set.feature(), x, row, from, n);
  }

  @Override
  public void gate(Rows x, Rows gate, int row) {
    NativeRows.gate(set.feature(), x, gate, row);
  }

  // ---- distributions

  @Override
  public void exp(float[] x, int n) {
    NativeDistributions.exp(set.feature(), x, n);
  }

  @Override
  public float greatest(float[] x) {
    return NativeDistributions.greatest(set.feature(), x);
  }

  @Override
  public double weigh(float[] x, float greatest, float temperature, float[] weights) {
    return NativeDistributions.weigh(set.feature(), x, greatest, temperature, weights);
  }

  @Override
  public int keep(float[] x, float least, int[] indices, float[] kept) {
    return NativeDistributions.keep(set.feature(), x, least, indices, kept);
  }

  @Override
  public double sum(float[] x, int n) {
    return NativeDistributions.sum(set.feature(), x, n);
  }

  @Override
  public int keepBetween(float[] x, int n, float least, float below, float[] kept) {
    return NativeDistributions.keepBetween(set.feature(), x, n, least, below, kept);
  }

  // ---- recurrences

  @Override
  public void wkv4(Wkv4Rows rows, Wkv4Weights weights, Stretch stretch) {
    NativeRecurrences.wkv4(set.feature(), rows, weights, stretch);
  }

  @Override
  public void wkv6(Wkv6Rows rows, Wkv6Weights weights, Stretch stretch) {
    NativeRecurrences.wkv6(set.feature(), rows, weights, stretch);
  }

  @Override
  public void wkv7(Wkv7Rows rows, Wkv7Weights weights, Stretch stretch) {
    NativeRecurrences.wkv7(set.feature(), rows, weights, stretch);
  }
}
