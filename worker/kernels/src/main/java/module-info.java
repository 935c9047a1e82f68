/**
 * Numbers: matrices, norms and recurrences, in plain Java, in the Vector API and in C, equal to the
 * bit.
 */
module dev.skein.kernels {
  requires jdk.incubator.vector;
  requires static org.jspecify;

  exports dev.skein.kernels;

  uses dev.skein.kernels.Kernels;
}
