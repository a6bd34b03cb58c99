package io.picaflor.codegen;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Calls functions outside of Java by their address, in one shape: {@code long f(long, long, long, long, long, long)}.
 *
 * <p>One shape because each further one costs milliseconds at start ({@code ../reference/KERNELS.md}, 6); functions with fewer
 * parameters leave the rest unread. Calls are <em>critical</em>: they cost nanoseconds, and hold up the garbage collector
 * while they last, so they should end within a millisecond, and must neither block nor call back.
 *
 * <p>Thread rule: safe for all threads. What the callee does with addresses is the caller's responsibility.
 */
public final class NativeCall {

  private NativeCall() {}

  /** Why this JVM does not let us call, with the cure, or {@code null} if it does. Asked before anything else here. */
  public static String obstacle() {
    Module module = NativeCall.class.getModule();
    if (module.isNativeAccessEnabled()) {
      return null;
    }
    return "native access is not enabled; start java with --enable-native-access="
        + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
  }

  /** A function of the system's C library, or {@code null} if there is none of that name. */
  static MemorySegment libraryFunction(String name) {
    return Handle.LINKER.defaultLookup().find(name).orElse(null);
  }

  /** Calls the function; parameters that it does not have are ignored by it. */
  public static long call(MemorySegment function, long a, long b, long c, long d, long e, long f) {
    try {
      return (long) Handle.CALL.invokeExact(function, a, b, c, d, e, f);
    } catch (Throwable t) { // the signature says so; a downcall throws nothing of its own
      throw new AssertionError(t);
    }
  }

  /** Made when first used: 60 to 100 ms of start-up. */
  private static final class Handle {
    static final Linker LINKER = Linker.nativeLinker();

    @SuppressWarnings("restricted")
    static final MethodHandle CALL = LINKER.downcallHandle(
        FunctionDescriptor.of(
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
        Linker.Option.critical(false));
  }
}
