package io.picaflor.examples;

import io.picaflor.FinishReason;
import io.picaflor.TokenStream;
import io.picaflor.cli.verb.Interruption;
import io.picaflor.cli.verb.Output;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Plain streams: lines from stdin, only answers on stdout, notes on stderr. A failed turn ends the program. */
final class PipedConsole implements ChatConsole {
  private final BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  private final Output output = Output.standard();
  private Optional<FinishReason> lastEnd = Optional.empty();
  private TokenStream running;

  @Override
  public Optional<String> readLine(boolean continued) throws IOException {
    // A signal is on its way to end the program: no further turn.
    boolean interrupted = lastEnd.equals(Optional.of(FinishReason.CANCELLED));
    return interrupted ? Optional.empty() : Optional.ofNullable(lines.readLine());
  }

  @Override
  public void begin(TokenStream answer) {
    running = answer;
    Interruption.watch(answer);
  }

  @Override
  public void print(String piece) {
    output.print(piece);
  }

  @Override
  public void end() {
    lastEnd = running.finishReason();
    if (!lastEnd.equals(Optional.of(FinishReason.CANCELLED))) {
      Interruption.watchNone();
    }
    output.println("");
  }

  @Override
  public void note(String line) {
    System.err.println("picaflor: " + line);
  }

  @Override
  public void failed(String message) {
    throw new IllegalStateException(message);
  }

  @Override
  public void close() {}
}
