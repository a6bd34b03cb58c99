package io.picaflor.cli.verb;

/** The program was called in a way that it does not understand; the message is one line for people. */
public final class WrongUsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With what is wrong, and where. */
  public WrongUsageException(String message) {
    super(message);
  }
}
