package dev.skein.kernels;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Chooses the backend once, and says why. */
final class Backends {
  static final Kernels SCALAR = new ScalarKernels();

  /** The environment variable that says what "auto" is. */
  private static final String WANTED = "SKEIN_BACKEND";

  /**
   * A backend and the sentence that says why it is the fastest.
   *
   * @param kernels the backend
   * @param reason a sentence
   */
  record Choice(Kernels kernels, String reason) {}

  private Backends() {}

  static Kernels vector() {
    Kernels vector = Vector.KERNELS;
    if (vector == null) {
      throw new IllegalStateException("the vector backend cannot be used: " + Vector.REFUSAL);
    }
    return vector;
  }

  /** The C kernels of the best instruction set of this machine. */
  static Kernels ofLibrary() {
    return best(library());
  }

  /** The C kernels of one instruction set. */
  static Kernels ofLibrary(InstructionSet set) {
    if (!library().has(set)) {
      throw new IllegalStateException(
          "the backend native-" + set.label() + " cannot be used: this machine does not have it");
    }
    return Objects.requireNonNull(Native.KERNELS.get(set));
  }

  /** The C kernels. */
  static NativeLibrary library() {
    NativeLibrary library = Native.LIBRARY;
    if (library == null) {
      throw new IllegalStateException("the native backend cannot be used: " + Native.REFUSAL);
    }
    return library;
  }

  /** A backend that was found as a service. */
  static Kernels fromElsewhere(String name) {
    for (Kernels kernels : ServiceLoader.load(Kernels.class)) {
      if (kernels.name().equals(name)) {
        return kernels;
      }
    }
    throw new IllegalArgumentException(
        "unknown backend '"
            + name
            + "': use auto, native (native-amx, native-vnni, native-avx2), vector or scalar");
  }

  static Kernels fastest() {
    String wanted = wanted();
    return wanted.isEmpty() ? Fastest.CHOICE.kernels() : Kernels.named(wanted);
  }

  static String reason() {
    String wanted = wanted();
    return wanted.isEmpty()
        ? Fastest.CHOICE.reason()
        : Kernels.named(wanted).name() + " backend, because " + WANTED + " says so";
  }

  private static String wanted() {
    String wanted = System.getenv(WANTED);
    return wanted == null || wanted.equals("auto") ? "" : wanted.strip();
  }

  /** Native, or vector, or scalar: the first that can be used. */
  static Choice choose(Supplier<NativeLibrary> library) {
    String refusal;
    try {
      Kernels kernels = best(library.get());
      return new Choice(kernels, kernels.name() + " backend: kernels in C");
    } catch (IllegalStateException e) {
      refusal = e.getMessage();
    }
    Kernels vector = Vector.KERNELS;
    return vector != null
        ? new Choice(
            vector,
            "vector backend: the Vector API with "
                + Lanes.BITS
                + "-bit vectors, because "
                + refusal)
        : new Choice(
            SCALAR,
            "scalar backend, because the vector backend cannot be used: "
                + Vector.REFUSAL
                + ", and "
                + refusal);
  }

  static List<Kernels> usable() {
    List<Kernels> usable = new ArrayList<>(List.of(SCALAR));
    if (Vector.KERNELS != null) {
      usable.add(Vector.KERNELS);
    }
    NativeLibrary library = Native.LIBRARY;
    for (InstructionSet set : InstructionSet.values()) {
      if (library != null && library.has(set)) {
        usable.add(ofLibrary(set));
      }
    }
    return List.copyOf(usable);
  }

  private static Kernels best(NativeLibrary library) {
    for (InstructionSet set : InstructionSet.values()) {
      if (library.has(set)) {
        return Objects.requireNonNull(Native.KERNELS.get(set));
      }
    }
    throw new IllegalStateException("the native backend needs AVX2, which this machine has not");
  }

  /** Initialised at first use, so that the scalar backend alone never looks for others. */
  private static final class Fastest {
    static final Choice CHOICE = choose(Backends::library);
  }

  private static final class Native {
    static final @Nullable NativeLibrary LIBRARY;
    static final String REFUSAL;
    static final Map<InstructionSet, Kernels> KERNELS = new EnumMap<>(InstructionSet.class);

    static {
      NativeLibrary library = null;
      String refusal = "";
      try {
        library = NativeLibrary.load();
      } catch (IllegalStateException e) {
        refusal = String.valueOf(e.getMessage());
      }
      LIBRARY = library;
      REFUSAL = refusal;
      for (InstructionSet set : InstructionSet.values()) {
        KERNELS.put(set, new NativeKernels(set));
      }
    }
  }

  private static final class Vector {
    static final @Nullable Kernels KERNELS;
    static final String REFUSAL;

    static {
      String refusal = refusal();
      KERNELS = refusal == null ? new VectorKernels() : null;
      REFUSAL = refusal == null ? "" : refusal;
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
