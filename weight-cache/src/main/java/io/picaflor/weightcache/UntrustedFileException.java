package io.picaflor.weightcache;

import java.io.IOException;

/** A file or folder that others may have made or changed; it is not read, and not removed either. */
final class UntrustedFileException extends IOException {
  private static final long serialVersionUID = 1L;

  UntrustedFileException(String message) {
    super(message);
  }
}
