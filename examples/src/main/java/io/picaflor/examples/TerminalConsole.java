package io.picaflor.examples;

import io.picaflor.TokenStream;
import java.io.IOException;
import java.util.Optional;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** A terminal: a prompt with line editing and history, answers as they come, Ctrl-C for the answer that is running. */
final class TerminalConsole implements ChatConsole {
  private static final String PROMPT = ">>> ";
  private static final String CONTINUED = "... ";

  private final Terminal terminal;
  private final LineReader reader;
  private Terminal.SignalHandler before;

  TerminalConsole(Terminal terminal) {
    this.terminal = terminal;
    this.reader = LineReaderBuilder.builder()
        .terminal(terminal)
        .appName("picaflor")
        .completer(new StringsCompleter(ChatCommandLine.names()))
        .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true) // an exclamation mark is one
        .option(LineReader.Option.INSERT_TAB, true)
        .build();
    note("/help lists the commands; Ctrl-C stops an answer; Ctrl-D leaves");
  }

  /** The terminal of this process. */
  static TerminalConsole ofProcess() throws IOException {
    return new TerminalConsole(TerminalBuilder.builder().system(true).dumb(true).build());
  }

  @Override
  public Optional<String> readLine(boolean continued) {
    while (true) {
      try {
        return Optional.of(reader.readLine(continued ? CONTINUED : PROMPT));
      } catch (UserInterruptException e) {
        if (e.getPartialLine().isEmpty()) {
          return Optional.empty();
        } // else the first Ctrl-C drops the line, as shells do
      } catch (EndOfFileException e) {
        return Optional.empty();
      }
    }
  }

  @Override
  public void begin(TokenStream answer) {
    before = terminal.handle(Terminal.Signal.INT, signal -> answer.cancel());
  }

  @Override
  public void print(String piece) {
    terminal.writer().print(harmless(piece));
    terminal.flush();
  }

  /** Without control characters: a model's words must not steer the terminal. */
  private static String harmless(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> Character.isISOControl(c) && c != '\n' && c != '\t' ? '\uFFFD' : c)
        .forEach(shown::appendCodePoint);
    return shown.toString();
  }

  @Override
  public void end() {
    print("\n");
    if (before != null) {
      terminal.handle(Terminal.Signal.INT, before);
      before = null;
    }
  }

  @Override
  public void note(String line) {
    print(line + "\n");
  }

  @Override
  public void failed(String message) {
    note(message);
  }

  @Override
  public void close() throws IOException {
    terminal.close();
  }
}
