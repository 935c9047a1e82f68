/**
 * Numbers: matrices, norms and recurrences, in plain Java and in the Vector API, equal to the bit.
 */
module dev.skein.kernels {
  requires jdk.incubator.vector;
  requires static org.jspecify;

  exports dev.skein.kernels;
}
