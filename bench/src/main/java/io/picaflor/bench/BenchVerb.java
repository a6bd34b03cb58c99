package io.picaflor.bench;

import io.picaflor.cli.verb.Verb;

/** Brings {@code bench} into the program. */
public final class BenchVerb implements Verb {
  /** For the service loader. */
  public BenchVerb() {}

  @Override
  public Object command() {
    return new BenchCommand();
  }
}
