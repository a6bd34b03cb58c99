package io.picaflor.examples;

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

  @Override
  public Optional<String> readLine(boolean continued) throws IOException {
    return Optional.ofNullable(lines.readLine());
  }

  @Override
  public void begin(TokenStream answer) {
    Interruption.watch(answer);
  }

  @Override
  public void print(String piece) {
    output.print(piece);
  }

  @Override
  public void end() {
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
