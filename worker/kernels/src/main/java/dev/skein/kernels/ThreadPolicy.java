package dev.skein.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Which threads interrupt others when they wake. The threads of a {@link WorkerPool} wait for each
 * other many times a step: one that is interrupted for a moment stops them all. So whoever serves
 * them runs in the background: on Linux under SCHED_BATCH, with the same share of the processors,
 * but a thread that wakes waits for the end of a running one's time slice (a few milliseconds, and
 * only where no processor is free). A thread hands its policy down to those that it starts.
 *
 * <p>Where the system knows no such policy, or the process was started under another one, nothing
 * is changed.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/sched.7.html">sched(7)</a>
 */
public final class ThreadPolicy {
  private static final int NORMAL = 0;
  private static final int BATCH = 3;
  private static final int THIS_THREAD = 0;

  private static final Optional<MethodHandle> SET =
      function(
          "sched_setscheduler",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS));
  private static final Optional<MethodHandle> GET =
      function(
          "sched_getscheduler", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  /** What the process was started under: nobody has changed it before this class is used. */
  private static final int GIVEN = GET.map(ThreadPolicy::policy).orElse(NORMAL);

  private ThreadPolicy() {}

  /** From now on the calling thread, and those that it starts, interrupt nobody. */
  public static void background() {
    change(NORMAL, BATCH);
  }

  /** Takes {@link #background} back, for the calling thread and those that it starts. */
  public static void foreground() {
    change(BATCH, NORMAL);
  }

  /** Whether the calling thread is in the background. */
  static boolean inBackground() {
    return GET.isPresent() && policy(GET.get()) == BATCH;
  }

  private static void change(int from, int to) {
    if (GIVEN == NORMAL && SET.isPresent() && GET.isPresent() && policy(GET.get()) == from) {
      set(SET.get(), to);
    }
  }

  private static int policy(MethodHandle get) {
    try {
      return (int) get.invokeExact(THIS_THREAD);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  /** A refusal changes nothing, which is all that there is to do about it. */
  private static void set(MethodHandle set, int policy) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment priority = arena.allocateFrom(ValueLayout.JAVA_INT, 0);
      int _ = (int) set.invokeExact(THIS_THREAD, policy, priority);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  @SuppressWarnings("restricted")
  private static Optional<MethodHandle> function(String name, FunctionDescriptor type) {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.empty(); // the numbers of policies are Linux' own
    }
    Linker linker = Linker.nativeLinker();
    SymbolLookup symbols = linker.defaultLookup();
    try {
      return symbols.find(name).map(symbol -> linker.downcallHandle(symbol, type));
    } catch (IllegalCallerException e) {
      return Optional.empty(); // java was started without --enable-native-access
    }
  }
}
