package dev.skein.kernels;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The C kernels ({@code src/main/c/skein.h}), a resource of this module where the build had a
 * compiler. A library is loaded from a file of a new folder that only this user can enter; the file
 * is deleted at once, since the process keeps what it has mapped.
 */
@SuppressWarnings("restricted") // this module is the one that may call native functions
final class NativeLibrary {
  /** What {@code skein_abi} must answer. */
  static final int ABI = 5;

  private static final String NAME = "libskein-kernels.so";

  private final SymbolLookup symbols;
  private final int features;

  private NativeLibrary(SymbolLookup symbols) {
    this.symbols = symbols;
    FunctionDescriptor number = FunctionDescriptor.of(ValueLayout.JAVA_INT);
    int abi = call(function("skein_abi", number));
    if (abi != ABI) {
      throw new IllegalStateException(
          "the native library is of another build: it has ABI " + abi + ", needed is " + ABI);
    }
    this.features = call(function("skein_features", number));
  }

  /**
   * The library of this build.
   *
   * @throws IllegalStateException if there is none, or it cannot be used; the message says why
   */
  static NativeLibrary load() {
    String system = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
    if (!system.toLowerCase(Locale.ROOT).matches("linux on (amd64|x86_64)")) {
      throw new IllegalStateException("native kernels are for Linux on x86-64, this is " + system);
    }
    try (InputStream packed =
        NativeLibrary.class.getResourceAsStream("linux-x86_64/" + NAME + ".gz")) {
      if (packed == null) {
        throw new IllegalStateException("Skein was built without a C compiler that knows AMX");
      }
      return open(unpacked(packed));
    } catch (IOException e) {
      throw new IllegalStateException("the native library cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * What was packed with gzip, whose checksum is compared.
   *
   * @throws IllegalStateException if it is damaged
   */
  static byte[] unpacked(InputStream packed) throws IOException {
    try {
      return new GZIPInputStream(packed).readAllBytes();
    } catch (ZipException | EOFException e) {
      throw new IllegalStateException("the native library is damaged: " + e.getMessage(), e);
    }
  }

  /**
   * Loads a library.
   *
   * @throws IllegalStateException if it cannot be used; the message says why
   */
  static NativeLibrary open(byte[] library) {
    try {
      Path folder = Files.createTempDirectory("skein-kernels"); // only its owner may enter it
      Path file = folder.resolve(NAME);
      try {
        Files.write(file, library, StandardOpenOption.CREATE_NEW);
        return new NativeLibrary(SymbolLookup.libraryLookup(file, Arena.global()));
      } finally {
        Files.deleteIfExists(file);
        Files.delete(folder);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalStateException(
          "the native library cannot be loaded from the temporary folder "
              + System.getProperty("java.io.tmpdir")
              + ", which must permit execution: "
              + e.getMessage(),
          e);
    } catch (NoSuchElementException e) {
      throw new IllegalStateException("the native library is of another build: " + e.getMessage());
    } catch (IllegalCallerException e) {
      throw new IllegalStateException(
          "java was started without --enable-native-access: " + e.getMessage(), e);
    }
  }

  private static int call(MethodHandle number) {
    try {
      return (int) number.invokeExact();
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * What {@code invokeExact} declares to throw. A C function throws nothing; what may come is that
   * memory has been closed, or no longer can be had.
   */
  static RuntimeException unexpected(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return thrown instanceof RuntimeException e ? e : new IllegalStateException(thrown);
  }

  /**
   * A function of the library.
   *
   * @throws NoSuchElementException if it has none of that name
   */
  MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
    return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), type, options);
  }

  /** Whether this machine can run the kernels of that instruction set. */
  boolean has(InstructionSet set) {
    return set.in(features);
  }
}
