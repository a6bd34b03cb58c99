package io.picaflor.examples;

import io.picaflor.TokenStream;
import java.io.Console;
import java.io.IOException;
import java.util.Optional;

/** Where a conversation takes place: brings what the user says, and shows what the model says. One thread at a time. */
interface ChatConsole extends AutoCloseable {

  /** The terminal, if this process has one for input and output; else its plain streams. */
  static ChatConsole ofProcess() throws IOException {
    Console console = System.console();
    return console != null && console.isTerminal() ? TerminalConsole.ofProcess() : new PipedConsole();
  }

  /**
   * The next line without its end, or several where the console has a way to enter them.
   *
   * @param continued whether it goes on with a text that was begun in the line before
   * @return empty when the user leaves
   */
  Optional<String> readLine(boolean continued) throws IOException;

  /** An answer begins: from now on Ctrl-C cancels it. */
  void begin(TokenStream answer);

  /** Shows a piece of the answer, at once. */
  void print(String piece);

  /** The answer has ended, or was broken off by an error. */
  void end();

  /** Says something that is no answer. */
  void note(String line);

  /**
   * A turn failed, and the conversation is as it was before: says what happened and what to do.
   *
   * @throws IllegalStateException saying it, where nobody is there who would read a note
   */
  void failed(String message);

  @Override
  void close() throws IOException;
}
