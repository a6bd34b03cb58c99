package io.picaflor.kernels;

import java.lang.reflect.Method;

/**
 * Whether HotSpot still has methods to compile, for tests of compiled code: how long that takes is a matter of the machine's
 * load and not of how often a method ran. By reflection, since the module under test does not read the JVM's management.
 */
final class Compilers {
  private static final Object SERVER;
  private static final Object COMMANDS;
  private static final Method INVOKE;

  static {
    try {
      SERVER = Class.forName("java.lang.management.ManagementFactory").getMethod("getPlatformMBeanServer").invoke(null);
      Class<?> name = Class.forName("javax.management.ObjectName");
      COMMANDS = name.getConstructor(String.class).newInstance("com.sun.management:type=DiagnosticCommand");
      INVOKE = Class.forName("javax.management.MBeanServer")
          .getMethod("invoke", name, String.class, Object[].class, String[].class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private Compilers() {}

  /** Whether no method is being compiled, nor waits for it: as {@code jcmd Compiler.queue} prints it. */
  static boolean idle() throws ReflectiveOperationException {
    String queues = (String) INVOKE.invoke(SERVER, COMMANDS, "compilerQueue", new Object[0], new String[0]);
    if (!queues.contains("Current compiles:")) {
      throw new AssertionError("jcmd Compiler.queue: expected 'Current compiles:', found " + queues);
    }
    return !queues.contains("::");
  }
}
