package io.picaflor.model;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The central directory of a zip file, and where the data of its stored entries lie. (The JDK's reader gives streams,
 * no positions.)
 *
 * <p>The directory is trusted for names and sizes; an entry's local header is only looked at for where its data starts,
 * and must agree in name, method and, where it states them, sizes (reference/FORMATS.md, 7, item 6). Zip64 is read;
 * split archives are not.
 */
final class ZipDirectory {
  private static final int LOCAL_SIGNATURE = 0x04034B50;
  private static final int CENTRAL_SIGNATURE = 0x02014B50;
  private static final int END_SIGNATURE = 0x06054B50;
  private static final int END64_SIGNATURE = 0x06064B50;
  private static final int LOCATOR64_SIGNATURE = 0x07064B50;

  private static final int LOCAL_BYTES = 30;
  private static final int CENTRAL_BYTES = 46;
  private static final int END_BYTES = 22;
  private static final int END64_BYTES = 56;
  private static final int LOCATOR64_BYTES = 20;
  private static final int MAX_COMMENT = 0xFFFF;

  private static final int MAX_ENTRIES = 4096;
  private static final int MAX_NAME = 4096;
  private static final long IN_ZIP64 = 0xFFFF_FFFFL;
  private static final int ZIP64_EXTRA = 1;
  private static final int FLAG_ENCRYPTED = 1;
  private static final int FLAG_SIZES_BEHIND_DATA = 8;

  private final Bytes file;
  private final long directoryStart;
  private final List<Entry> entries;

  private ZipDirectory(Bytes file, long directoryStart, List<Entry> entries) {
    this.file = file;
    this.directoryStart = directoryStart;
    this.entries = List.copyOf(entries);
  }

  /**
   * One entry as the directory has it.
   *
   * @param name its name; bytes that are not UTF-8 became U+FFFD
   * @param flags the zip's general flags
   * @param method 0 if stored as it is
   * @param packedSize bytes in the file
   * @param size bytes when unpacked
   * @param localOffset where its local header lies in the file
   * @param directoryOffset where this entry of the directory lies in the file
   */
  record Entry(
      String name, int flags, int method, long packedSize, long size, long localOffset, long directoryOffset) {}

  /** Whether the file starts with an entry, or is an empty zip. */
  static boolean startsLikeZip(Bytes file) throws ModelFormatException {
    return file.size() >= 4 && (file.i32(0) == LOCAL_SIGNATURE || file.i32(0) == END_SIGNATURE);
  }

  static ZipDirectory read(Bytes file) throws IOException {
    long end = findEnd(file);
    long disks = file.u32(end + 4);
    long count = file.u16(end + 10);
    long bytes = file.u32(end + 12);
    long start = file.u32(end + 16);
    long limit = end;
    boolean zip64 = end >= LOCATOR64_BYTES && file.i32(end - LOCATOR64_BYTES) == LOCATOR64_SIGNATURE;
    if (zip64 && (count == 0xFFFF || bytes == IN_ZIP64 || start == IN_ZIP64)) {
      long end64 = file.i64(end - LOCATOR64_BYTES + 8);
      file.check(end64, END64_BYTES, "the end record of a zip64 file");
      if (file.i32(end64) != END64_SIGNATURE || end64 > end - LOCATOR64_BYTES - END64_BYTES) {
        throw file.broken(end - LOCATOR64_BYTES, "expected the end record of a zip64 file at byte " + end64
            + "; the file is damaged");
      }
      disks = file.i64(end64 + 16);
      count = file.i64(end64 + 32);
      bytes = file.i64(end64 + 40);
      start = file.i64(end64 + 48);
      limit = end64;
    }
    if (disks != 0) {
      throw new UnsupportedModelException(file.file(), "is one part of a split zip file; put the parts together first");
    }
    if (start < 0 || bytes < 0 || start > limit - bytes) {
      throw file.broken(end, "the directory of the zip file should lie before byte " + limit + ", found "
          + Long.toUnsignedString(bytes) + " bytes at byte " + Long.toUnsignedString(start) + "; the file is damaged");
    }
    if (count < 0 || count > MAX_ENTRIES || count > bytes / CENTRAL_BYTES) {
      throw file.broken(end, "the directory of the zip file has room for "
          + Math.min(MAX_ENTRIES, bytes / CENTRAL_BYTES) + " entries, found a count of "
          + Long.toUnsignedString(count) + "; the file is damaged");
    }
    return new ZipDirectory(file, start, entries(file, start, start + bytes, (int) count));
  }

  /** The last record of the file; only a comment of the length that it states may follow. */
  private static long findEnd(Bytes file) throws ModelFormatException {
    long last = file.size() - END_BYTES;
    for (long at = last; at >= 0 && at >= last - MAX_COMMENT; at--) {
      if (file.i32(at) == END_SIGNATURE && file.u16(at + 20) == last - at) {
        return at;
      }
    }
    throw file.broken(file.size(),
        "expected the end record of a zip file (.task), found none; is the download complete?");
  }

  private static List<Entry> entries(Bytes file, long start, long end, int count) throws ModelFormatException {
    var entries = new ArrayList<Entry>();
    long at = start;
    for (int i = 0; i < count; i++) {
      if (at > end - CENTRAL_BYTES || file.i32(at) != CENTRAL_SIGNATURE) {
        throw file.broken(at, "expected entry " + i + " of " + count
            + " in the directory of the zip file; the file is damaged");
      }
      int nameLength = file.u16(at + 28);
      int extraLength = file.u16(at + 30);
      long next = at + CENTRAL_BYTES + nameLength + extraLength + file.u16(at + 32);
      if (next > end) {
        throw file.broken(at, "entry " + i + " of the zip file's directory ends behind it; the file is damaged");
      }
      String name = file.utf8(at + CENTRAL_BYTES, nameLength, MAX_NAME, "the name of entry " + i);
      var extra = new Zip64Extra(file, at + CENTRAL_BYTES + nameLength, extraLength);
      long size = extra.resolve(file.u32(at + 24)); // in this order, as the extra field has them
      long packedSize = extra.resolve(file.u32(at + 20));
      long localOffset = extra.resolve(file.u32(at + 42));
      entries.add(new Entry(name, file.u16(at + 8), file.u16(at + 10), packedSize, size, localOffset, at));
      at = next;
    }
    return entries;
  }

  /** The numbers of 64 bits that stand in the extra field for those that do not fit the entry. */
  private static final class Zip64Extra {
    private final Bytes file;
    private long at;
    private long end;

    Zip64Extra(Bytes file, long start, long length) throws ModelFormatException {
      this.file = file;
      long field = start;
      while (field <= start + length - 4) {
        long size = file.u16(field + 2);
        if (file.u16(field) == ZIP64_EXTRA && field + 4 + size <= start + length) {
          at = field + 4;
          end = at + size;
          return;
        }
        field += 4 + size;
      }
    }

    long resolve(long value) throws ModelFormatException {
      if (value != IN_ZIP64 || at > end - 8) {
        return value;
      }
      long wide = file.i64(at);
      if (wide < 0) {
        throw file.broken(at, "a size or place in the zip file should be below 2^63, found "
            + Long.toUnsignedString(wide) + "; the file is damaged");
      }
      at += 8;
      return wide;
    }
  }

  List<Entry> entries() {
    return entries;
  }

  /**
   * The data of an entry, where they lie in the file.
   *
   * @throws ModelFormatException if the entry and its local header disagree, or it does not lie before the directory
   * @throws UnsupportedModelException if it is compressed or encrypted
   */
  Bytes data(Entry entry) throws IOException {
    if ((entry.flags() & FLAG_ENCRYPTED) != 0) {
      throw new UnsupportedModelException(file.file(), "entry " + entry.name() + " is encrypted");
    }
    if (entry.method() != 0) {
      throw new UnsupportedModelException(file.file(), "entry " + entry.name() + " is compressed (method "
          + entry.method() + "), expected it stored; repack with 'zip -0'");
    }
    long local = entry.localOffset();
    if (local > directoryStart - LOCAL_BYTES) {
      throw file.broken(entry.directoryOffset(), "entry " + entry.name() + " should start before the directory at byte "
          + directoryStart + ", found byte " + local + "; the file is damaged or not complete");
    }
    if (file.i32(local) != LOCAL_SIGNATURE) {
      throw file.broken(local, "expected the header of entry " + entry.name() + ", found "
          + ForeignFile.quote(file, local, 4) + "; the file is damaged");
    }
    int nameLength = file.u16(local + 26);
    long data = local + LOCAL_BYTES + nameLength + file.u16(local + 28);
    if (data > directoryStart || entry.size() > directoryStart - data) {
      throw file.broken(local, "entry " + entry.name() + " of " + entry.size()
          + " bytes should end before the directory at byte " + directoryStart + ", found its data at byte " + data
          + "; the file is damaged or not complete");
    }
    String localName = file.utf8(local + LOCAL_BYTES, nameLength, MAX_NAME, "the name of entry " + entry.name());
    boolean statesSizes = ((entry.flags() | file.u16(local + 6)) & FLAG_SIZES_BEHIND_DATA) == 0;
    boolean sameSizes =
        sameSize(file.u32(local + 18), entry.packedSize()) && sameSize(file.u32(local + 22), entry.size());
    if (!localName.equals(entry.name()) || file.u16(local + 8) != entry.method() || entry.packedSize() != entry.size()
        || statesSizes && !sameSizes) {
      throw file.broken(local, "the header of entry " + entry.name() + " should have the name, method and size of the"
          + " directory, found others; the file is damaged");
    }
    return file.slice(data, entry.size(), entry.name()).named(entry.name());
  }

  private static boolean sameSize(long stated, long size) {
    return stated == size || stated == IN_ZIP64;
  }
}
