package io.picaflor.model;

import io.picaflor.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Unpacks the section {@code HF_Tokenizer_Zlib}: the uncompressed size (u64), then one zlib stream of exactly
 * that much.
 *
 * <p>The size is checked against a cap and against what so many compressed bytes can hold before anything is allocated;
 * a stream that gives less or more, or is followed by other bytes, is refused.
 */
final class CompressedTokenizer {
  private static final long MAX_BYTES = 64L << 20;
  /** Deflate codes at most 258 bytes in 2 bits. */
  private static final long MAX_RATIO = 1032;
  private static final int STEP = 1 << 16;

  private CompressedTokenizer() {}

  static MemorySegment inflate(Bytes section) throws ModelFormatException {
    long declared = section.i64(0);
    long packed = section.size() - 8;
    if (declared < 0 || declared > MAX_BYTES || declared > packed * MAX_RATIO) {
      throw section.broken(0, "the unpacked tokenizer should have at most " + Math.min(MAX_BYTES, packed * MAX_RATIO)
          + " bytes, found " + Long.toUnsignedString(declared));
    }
    var unpacked = new byte[(int) declared];
    // The stream goes to zlib in copies: native code must not read a mapping, which a cut file turns into a crash.
    var step = new byte[STEP];
    var overflow = new byte[1];
    int filled = 0;
    long at = 8;
    try (var inflater = new InflaterScope()) {
      while (!inflater.zlib.finished()) {
        if (inflater.zlib.needsInput()) {
          int n = (int) Math.min(STEP, section.size() - at);
          if (n == 0) {
            throw section.broken(at, "the packed tokenizer ends after " + filled + " of " + declared
                + " bytes; is the download complete?");
          }
          MemorySegment.copy(section.segment(), ValueLayout.JAVA_BYTE, at, step, 0, n);
          inflater.zlib.setInput(step, 0, n);
          at += n;
        }
        if (filled < unpacked.length) {
          filled += inflater.zlib.inflate(unpacked, filled, unpacked.length - filled);
        } else if (inflater.zlib.inflate(overflow) > 0) {
          throw section.broken(0, "the packed tokenizer unpacks to more than the " + declared
              + " bytes that it states");
        }
        if (inflater.zlib.needsDictionary()) {
          throw section.broken(8, "the packed tokenizer needs a dictionary, which the format does not have");
        }
      }
      if (filled < unpacked.length) {
        throw section.broken(0, "the packed tokenizer should unpack to " + declared + " bytes, found " + filled);
      }
      long end = at - inflater.zlib.getRemaining();
      if (end != section.size()) {
        throw section.broken(end, "the packed tokenizer should end its section, found " + (section.size() - end)
            + " more bytes");
      }
    } catch (DataFormatException e) {
      throw section.broken(8, "the packed tokenizer is no zlib stream, or a damaged one (" + e.getMessage() + ")");
    }
    return MemorySegment.ofArray(unpacked).asReadOnly();
  }

  /** Frees zlib's memory at once. */
  private static final class InflaterScope implements AutoCloseable {
    final Inflater zlib = new Inflater();

    @Override
    public void close() {
      zlib.end();
    }
  }
}
