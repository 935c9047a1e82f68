package dev.skein.kernels;

/** The C kernels for one instruction set; what is not in C is done by another backend. */
final class NativeKernels implements Kernels {
  private final InstructionSet set;
  private final Kernels other;

  NativeKernels(InstructionSet set, Kernels other) {
    this.set = set;
    this.other = other;
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
    other.add(x, y, row);
  }

  @Override
  public void layerNorm(Rows x, int row, Norm norm, Rows out, int outRow) {
    other.layerNorm(x, row, norm, out, outRow);
  }

  @Override
  public void shift(Rows x, Rows previous, int row, Rows amounts, Rows[] outs) {
    other.shift(x, previous, row, amounts, outs);
  }

  @Override
  public void shift(Rows x, Rows previous, int row, Rows amounts, Rows[] changes, Rows[] outs) {
    other.shift(x, previous, row, amounts, changes, outs);
  }

  // ---- element by element

  @Override
  public void tanh(Rows x, int row, int from, int n) {
    other.tanh(x, row, from, n);
  }

  @Override
  public void sigmoid(Rows x, int row, int from, int n) {
    other.sigmoid(x, row, from, n);
  }

  @Override
  public void squaredRelu(Rows x, int row, int from, int n) {
    other.squaredRelu(x, row, from, n);
  }

  @Override
  public void gate(Rows x, Rows gate, int row) {
    other.gate(x, gate, row);
  }

  @Override
  public void exp(float[] x, int from, int n) {
    other.exp(x, from, n);
  }

  // ---- recurrences

  @Override
  public void wkv4(Wkv4Rows rows, Wkv4Weights weights, Stretch stretch) {
    other.wkv4(rows, weights, stretch);
  }

  @Override
  public void wkv6(Wkv6Rows rows, Wkv6Weights weights, Stretch stretch) {
    other.wkv6(rows, weights, stretch);
  }

  @Override
  public void wkv7(Wkv7Rows rows, Wkv7Weights weights, Stretch stretch) {
    other.wkv7(rows, weights, stretch);
  }
}
