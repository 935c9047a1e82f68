package dev.skein.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;

/**
 * The real standard error. The launcher filters one line of the JVM's own stderr (that the vector
 * module incubates), and hands the unfiltered one over as another descriptor, whose number is in
 * {@code skein.stderr}.
 */
final class Stderr {
  private Stderr() {}

  /**
   * Makes {@link System#err} what the user sees as stderr. Without the launcher nothing changes.
   */
  static void restore() {
    String number = System.getProperty("skein.stderr");
    FileDescriptor descriptor = number == null ? null : descriptor(Integer.parseInt(number));
    if (descriptor != null) {
      String charset = System.getProperty("stderr.encoding", Charset.defaultCharset().name());
      System.setErr(
          new PrintStream(new FileOutputStream(descriptor), true, Charset.forName(charset)));
    }
  }

  private static @Nullable FileDescriptor descriptor(int number) {
    try {
      Constructor<FileDescriptor> constructor =
          FileDescriptor.class.getDeclaredConstructor(int.class);
      constructor.setAccessible(true);
      return constructor.newInstance(number);
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null; // the filtered stderr serves as well
    }
  }
}
