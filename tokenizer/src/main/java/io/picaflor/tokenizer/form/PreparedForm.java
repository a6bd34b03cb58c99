package io.picaflor.tokenizer.form;

import io.picaflor.tokenizer.TokenizerFormatException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The frame of the form: header and checksum around settings and tables ({@code docs/tokenizer-form.md}).
 *
 * <p>A form is believed if its checksum is right: it stands for accidents. Whoever could forge one could write any tokenizer;
 * a forged form gives wrong ids or an {@code IndexOutOfBoundsException}, and nothing worse.
 */
public final class PreparedForm {
  /** Changes with every change of the layout, or of what is computed before it is written. */
  public static final int VERSION = 1;

  static final int ALIGNMENT = 64;
  static final int HEADER_BYTES = 32;

  private static final long MAGIC = 0x0A1A0A0D4B545089L; // 89 50 54 4B 0D 0A 1A 0A
  private static final int VERSION_AT = 8;
  private static final int CHECKSUM_AT = 12;
  private static final int SIZE_AT = 16;
  private static final int KIND_AT = 24;
  private static final int SETTINGS_AT = 28;
  /** Small enough to stay in the CPU's nearer caches. */
  private static final int STEP_BYTES = 1 << 16;

  private final Kind kind;
  private final ByteBuffer settings;
  private final ByteBuffer tables;

  /** What kind of tokenizer a form holds, by the number that stands for it. */
  public enum Kind {
    /** From a SentencePiece model; 1. */
    SENTENCE_PIECE,
    /** From a tokenizer.json; 2. */
    TOKENIZER_JSON
  }

  private PreparedForm(Kind kind, ByteBuffer settings, ByteBuffer tables) {
    this.kind = kind;
    this.settings = settings;
    this.tables = tables;
  }

  /**
   * Checks header and checksum, which reads all of it once.
   *
   * @throws TokenizerFormatException if it is damaged or of another version
   */
  public static PreparedForm open(MemorySegment segment) throws TokenizerFormatException {
    if (segment.byteSize() < HEADER_BYTES || segment.byteSize() > Integer.MAX_VALUE) {
      throw new TokenizerFormatException("prepared tokenizer: expected " + HEADER_BYTES + " bytes to 2 GiB, found "
          + segment.byteSize());
    }
    ByteBuffer whole = segment.asReadOnly().asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    if (whole.getLong(0) != MAGIC) {
      throw new TokenizerFormatException("prepared tokenizer: does not begin as one");
    }
    if (whole.getInt(VERSION_AT) != VERSION) {
      throw new TokenizerFormatException("prepared tokenizer: expected version " + VERSION + ", found "
          + Integer.toUnsignedString(whole.getInt(VERSION_AT)));
    }
    if (whole.getLong(SIZE_AT) != whole.capacity()) {
      throw new TokenizerFormatException("prepared tokenizer: should have " + whole.getLong(SIZE_AT) + " bytes, found "
          + whole.capacity());
    }
    if (whole.getInt(CHECKSUM_AT) != checksum(whole)) {
      throw new TokenizerFormatException("prepared tokenizer: is damaged, its checksum does not match");
    }
    int kind = whole.getInt(KIND_AT);
    if (kind < 1 || kind > Kind.values().length) {
      throw new TokenizerFormatException("prepared tokenizer: expected a kind of 1 or 2, found " + kind);
    }
    int settings = whole.getInt(SETTINGS_AT);
    if (settings < 0 || settings > whole.capacity() - HEADER_BYTES
        || aligned(HEADER_BYTES + settings) > whole.capacity()) {
      throw new TokenizerFormatException("prepared tokenizer: its settings need " + Integer.toUnsignedString(settings)
          + " bytes of " + whole.capacity());
    }
    int tables = (int) aligned(HEADER_BYTES + settings);
    return new PreparedForm(Kind.values()[kind - 1],
        whole.slice(HEADER_BYTES, settings).order(ByteOrder.LITTLE_ENDIAN),
        whole.slice(tables, whole.capacity() - tables).order(ByteOrder.LITTLE_ENDIAN));
  }

  /** What the form holds. */
  public Kind kind() {
    return kind;
  }

  /** Its content, from the beginning. */
  public FormReader reader() {
    return new FormReader(settings, tables);
  }

  /** Puts the header in front of settings and tables, for which {@code whole} has the room. */
  static void writeHeader(ByteBuffer whole, Kind kind, int settingsBytes) {
    whole.putLong(0, MAGIC).putInt(VERSION_AT, VERSION).putLong(SIZE_AT, whole.capacity())
        .putInt(KIND_AT, kind.ordinal() + 1).putInt(SETTINGS_AT, settingsBytes);
    whole.putInt(CHECKSUM_AT, checksum(whole));
  }

  /** CRC-32C of all behind the checksum. In copies: native code must not read a mapping, which a cut file turns into a crash. */
  private static int checksum(ByteBuffer whole) {
    CRC32C crc = new CRC32C();
    byte[] step = new byte[STEP_BYTES];
    for (int at = SIZE_AT; at < whole.capacity();) {
      int count = Math.min(step.length, whole.capacity() - at);
      whole.get(at, step, 0, count);
      crc.update(step, 0, count);
      at += count;
    }
    return (int) crc.getValue();
  }

  static long aligned(long offset) {
    return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
