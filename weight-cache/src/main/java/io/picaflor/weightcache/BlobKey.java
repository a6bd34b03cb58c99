package io.picaflor.weightcache;

import java.util.Arrays;
import java.util.HexFormat;

/** The opaque name of a blob: equal keys promise equal bytes. Immutable. */
public final class BlobKey {
  /** Longest key, in bytes. */
  public static final int MAX_BYTES = 128;

  private final byte[] bytes;

  private BlobKey(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * A key of these bytes, which are copied.
   *
   * @throws IllegalArgumentException if there are none, or more than {@link #MAX_BYTES}
   */
  public static BlobKey of(byte[] bytes) {
    if (bytes.length == 0 || bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException("key: expected 1 to " + MAX_BYTES + " bytes, found " + bytes.length);
    }
    return new BlobKey(bytes.clone());
  }

  /** A copy of the key's bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** The key in hexadecimal digits, for people. */
  public String hex() {
    return HexFormat.of().formatHex(bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BlobKey key && Arrays.equals(bytes, key.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return hex();
  }
}
