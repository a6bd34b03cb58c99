package io.picaflor.weightcache;

/** Where the packed blobs of a request came from. */
public enum CacheOutcome {
  /** From a file that had them all; nothing was written. */
  HIT,
  /** From a file that was built now. */
  BUILT,
  /** Packed into memory; there is no file. */
  MEMORY
}
