package io.picaflor.cli.verb;

/** Nobody reads stdout any more; the program ends silently and well. */
public final class ClosedPipeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ClosedPipeException() {
    super("stdout is closed", null, false, false);
  }
}
