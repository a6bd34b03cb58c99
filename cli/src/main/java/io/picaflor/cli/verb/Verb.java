package io.picaflor.cli.verb;

/**
 * A verb of {@code ./picaflor} that another module brings: found by {@link java.util.ServiceLoader}, so that the program
 * knows none of those modules.
 */
public interface Verb {
  /**
   * The command behind the verb: an object with picocli's {@code @Command} that is a {@code Callable<Integer>} giving the exit
   * status. Its package must be open to picocli.
   */
  Object command();
}
