package dev.skein.kernels;

import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Chooses the backend once, and says why. */
final class Backends {
  static final Kernels SCALAR = new ScalarKernels();

  private Backends() {}

  static Kernels vector() {
    Kernels vector = Choice.VECTOR;
    if (vector == null) {
      throw new IllegalStateException(Choice.REASON);
    }
    return vector;
  }

  static Kernels fastest() {
    Kernels vector = Choice.VECTOR;
    return vector == null ? SCALAR : vector;
  }

  static String reason() {
    return Choice.REASON;
  }

  /** Initialised at first use, so that the scalar backend alone never looks for vectors. */
  private static final class Choice {
    static final @Nullable Kernels VECTOR;
    static final String REASON;

    static {
      String refusal = refusal();
      if (refusal == null) {
        VECTOR = new VectorKernels();
        REASON = "vector backend: the Vector API with " + Lanes.BITS + "-bit vectors";
      } else {
        VECTOR = null;
        REASON = "scalar backend, because the vector backend cannot be used: " + refusal;
      }
    }

    private static @Nullable String refusal() {
      if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
        return "java was started without --add-modules jdk.incubator.vector";
      }
      if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
        return "this machine is big-endian";
      }
      if (System.getProperty("java.vm.info", "").contains("interpreted mode")) {
        return "this JVM only interprets";
      }
      return Lanes.BITS < 128 ? "this machine has no vectors of 128 bits" : null;
    }
  }
}
