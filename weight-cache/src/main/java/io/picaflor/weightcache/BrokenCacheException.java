package io.picaflor.weightcache;

import java.io.IOException;

/** A file of the cache that contradicts itself or its checksums; it can be removed and built again. */
final class BrokenCacheException extends IOException {
  private static final long serialVersionUID = 1L;

  BrokenCacheException(String message) {
    super(message);
  }
}
