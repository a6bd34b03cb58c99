package io.picaflor.cli;

/** Nobody reads stdout any more; the program ends silently and well. */
final class ClosedPipeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ClosedPipeException() {
    super("stdout is closed", null, false, false);
  }
}
