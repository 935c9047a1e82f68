/** A backend with memory of its own, to show that {@link dev.skein.kernels.Kernels} admits one. */
@org.jspecify.annotations.NullMarked
package dev.skein.engine.device;
