package io.picaflor.cli.verb;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A verb of {@code ./picaflor}. Other modules may bring some: they are found by {@link java.util.ServiceLoader}, so that the
 * program knows none of those modules.
 */
public interface Verb {
  /** The word that asks for it. */
  String name();

  /** What may stand behind that word. */
  Syntax syntax();

  /**
   * Does it, once.
   *
   * @return the exit status
   * @throws WrongUsageException if the arguments contradict each other or are out of range; nothing was done
   */
  int run(Arguments arguments) throws IOException;

  /** Verbs that may stand behind its own word, and then do the work. */
  default List<Verb> verbs() {
    return List.of();
  }

  /** The one of {@link #verbs} with that name. */
  default Optional<Verb> verb(String name) {
    return verbs().stream().filter(verb -> verb.name().equals(name)).findFirst();
  }
}
