package io.picaflor.weightcache;

import java.io.IOException;

/** A sound file of the cache in a format version that this program does not read; it is left alone. */
final class OtherVersionException extends IOException {
  private static final long serialVersionUID = 1L;

  OtherVersionException(int version) {
    super("is of format version " + version + ", this program reads version " + CacheFormat.VERSION);
  }
}
