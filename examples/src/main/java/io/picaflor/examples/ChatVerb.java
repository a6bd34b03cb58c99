package io.picaflor.examples;

import io.picaflor.cli.verb.Verb;

/** Brings {@code chat} into the program. */
public final class ChatVerb implements Verb {
  /** For the service loader. */
  public ChatVerb() {}

  @Override
  public Object command() {
    return new ChatCommand();
  }
}
