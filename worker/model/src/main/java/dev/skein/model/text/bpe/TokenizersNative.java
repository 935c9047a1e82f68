package dev.skein.model.text.bpe;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Loads the native part of the tokenizers, once, when it is first needed. It is unpacked into a
 * temporary folder of this process and deleted as soon as it is loaded (where the system does not
 * let go of it, at the end). The jar's own loader is not used: it asks the system for graphics
 * cards, may fetch other builds and keeps a copy in the user's home.
 */
final class TokenizersNative {
  private static @Nullable TokenizersLibrary loaded;

  private TokenizersNative() {}

  /**
   * The functions of the library.
   *
   * @throws IOException if there is no build of it for this system, or it cannot be loaded; one
   *     sentence that says what to do
   */
  static synchronized TokenizersLibrary load() throws IOException {
    if (loaded == null) {
      unpackAndLoad();
      loaded = TokenizersLibrary.LIB;
    }
    return loaded;
  }

  private static void unpackAndLoad() throws IOException {
    String platform = platform(System.getProperty("os.name"), System.getProperty("os.arch"));
    Path folder = Files.createTempDirectory("skein-tokenizer");
    List<Path> unpacked = new ArrayList<>();
    try {
      for (String name : names(platform)) {
        Path file = folder.resolve(name);
        unpacked.add(file);
        unpack("/native/lib/" + platform + "/cpu/" + name, file, platform);
        link(file);
      }
    } finally {
      unpacked.forEach(TokenizersNative::delete);
      delete(folder);
    }
  }

  /** The name that the jar has for a system: linux-x86_64, linux-aarch64, osx-aarch64, … */
  static String platform(String os, String arch) {
    String system = os.toLowerCase(Locale.ROOT);
    String machine = arch.equals("amd64") ? "x86_64" : arch;
    if (system.startsWith("mac")) {
      return "osx-" + machine;
    }
    return (system.startsWith("win") ? "win-" : "linux-") + machine;
  }

  private static List<String> names(String platform) {
    if (platform.startsWith("win")) { // each needs those before it
      return List.of(
          "libwinpthread-1.dll", "libgcc_s_seh-1.dll", "libstdc++-6.dll", "tokenizers.dll");
    }
    return List.of(platform.startsWith("osx") ? "libtokenizers.dylib" : "libtokenizers.so");
  }

  private static void unpack(String resource, Path file, String platform) throws IOException {
    try (InputStream in = TokenizersLibrary.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new ModelFormatException(
            "GPT-NeoX tokenizers cannot be used on this system ("
                + platform
                + "); use a World model, or token ids instead of text");
      }
      Files.copy(in, file);
    }
  }

  @SuppressWarnings("restricted") // the one native library of this module
  private static void link(Path file) throws IOException {
    try {
      System.load(file.toAbsolutePath().toString());
    } catch (UnsatisfiedLinkError e) {
      throw new ModelFormatException(
          "the native part of the GPT-NeoX tokenizer cannot be loaded ("
              + e.getMessage()
              + "); if programs may not run from "
              + file.toAbsolutePath().getParent()
              + ", choose another folder with SKEIN_JAVA_OPTS=-Djava.io.tmpdir=FOLDER");
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      file.toFile().deleteOnExit();
    }
  }
}
