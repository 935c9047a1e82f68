package dev.skein.model.dialect;

import dev.skein.model.file.Tensor;

/**
 * A step from a tensor of another dialect to BlinkDL's shape and values, worked out when the result
 * is read.
 */
@FunctionalInterface
interface Transform {
  /**
   * The transformed tensor.
   *
   * @param layer whose tensor it is; 0 for tensors of no layer
   * @throws IllegalArgumentException if the tensor does not have the shape that this takes; the
   *     message goes on where "tensor X" ends: "should be a matrix"
   */
  Tensor of(Tensor tensor, int layer);
}
