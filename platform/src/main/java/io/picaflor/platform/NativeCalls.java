package io.picaflor.platform;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

/**
 * Calls of native functions, all through one shape: six {@code long} in, one {@code long} out.
 *
 * <p>Each further shape costs milliseconds of start-up (KERNELS.md, 6), and on SysV x86-64 and AAPCS64 one fits all functions with
 * up to six integers or addresses: what a function does not take is ignored, pass 0. A result that is an {@code int} in C must be
 * cut to {@code int}. Functions with variable arguments (such as {@code open}) must not be called so: macOS passes those otherwise.
 *
 * <p>Calls are critical: they cost 2 to 5 ns, hold up garbage collection while they run, and must neither block nor call back.
 * The first one of a process costs about 100 ms of CPU. Thread rule: safe for many threads.
 */
public final class NativeCalls {

  /** Made at the first call and not before: this is what costs. */
  private static final class Shape {
    static final MethodHandle HANDLE = make();

    private Shape() {}

    @SuppressWarnings("restricted") // asked for by available()
    private static MethodHandle make() {
      FunctionDescriptor six = FunctionDescriptor.of(
          JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
      return Linker.nativeLinker().downcallHandle(six, Linker.Option.critical(false));
    }
  }

  private NativeCalls() {}

  /**
   * Whether this JVM lets us call native functions without a word on stderr ({@code
   * --enable-native-access=io.picaflor.platform}, or {@code ALL-UNNAMED} on the class path). Cheap; calls nothing.
   */
  public static boolean available() {
    return NativeCalls.class.getModule().isNativeAccessEnabled();
  }

  /** A function of the C library; empty if there is none of that name, or if native calls are not {@link #available}. */
  public static Optional<MemorySegment> function(String name) {
    return available() ? Linker.nativeLinker().defaultLookup().find(name) : Optional.empty();
  }

  /**
   * Calls a function.
   *
   * @param function its address; nothing checks that there is code, and that it takes such arguments
   * @throws IllegalStateException if native calls are not {@link #available}
   */
  public static long call(MemorySegment function, long a, long b, long c, long d, long e, long f) {
    if (!available()) {
      throw new IllegalStateException("native calls: start the JVM with --enable-native-access=io.picaflor.platform");
    }
    try {
      return (long) Shape.HANDLE.invokeExact(function, a, b, c, d, e, f);
    } catch (RuntimeException | Error t) {
      throw t;
    } catch (Throwable t) { // a downcall declares it and throws none
      throw new AssertionError(t);
    }
  }
}
