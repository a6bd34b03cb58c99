package io.picaflor.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes small zip files: by the JDK where that can, by hand where the format's corners are wanted. */
final class ZipWriter {
  private ZipWriter() {}

  /** Entries stored as they are. */
  static byte[] stored(Map<String, byte[]> entries) {
    return write(entries, ZipEntry.STORED, "");
  }

  /** Entries compressed. */
  static byte[] deflated(Map<String, byte[]> entries) {
    return write(entries, ZipEntry.DEFLATED, "");
  }

  /** Entries stored as they are, with a comment behind all. */
  static byte[] commented(Map<String, byte[]> entries, String comment) {
    return write(entries, ZipEntry.STORED, comment);
  }

  private static byte[] write(Map<String, byte[]> entries, int method, String comment) {
    var out = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(out)) {
      zip.setComment(comment);
      for (Map.Entry<String, byte[]> e : entries.entrySet()) {
        var entry = new ZipEntry(e.getKey());
        entry.setMethod(method);
        if (method == ZipEntry.STORED) {
          var crc = new CRC32();
          crc.update(e.getValue());
          entry.setSize(e.getValue().length);
          entry.setCrc(crc.getValue());
        }
        zip.putNextEntry(entry);
        zip.write(e.getValue());
        zip.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** One stored entry whose sizes and places all stand in zip64 fields. */
  static byte[] zip64(String name, byte[] content) {
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    var zip = ByteBuffer.allocate(1024 + content.length).order(ByteOrder.LITTLE_ENDIAN);
    zip.putInt(0x04034B50).putShort((short) 45).putShort((short) 0).putShort((short) 0).putInt(0).putInt(0);
    zip.putInt(-1).putInt(-1).putShort((short) nameBytes.length).putShort((short) 20).put(nameBytes);
    zip.putShort((short) 1).putShort((short) 16).putLong(content.length).putLong(content.length);
    zip.put(content);
    int directory = zip.position();
    zip.putInt(0x02014B50).putShort((short) 45).putShort((short) 45).putShort((short) 0).putShort((short) 0).putInt(0);
    zip.putInt(0).putInt(-1).putInt(-1).putShort((short) nameBytes.length).putShort((short) 28).putShort((short) 0);
    zip.putShort((short) 0).putShort((short) 0).putInt(0).putInt(-1).put(nameBytes);
    zip.putShort((short) 1).putShort((short) 24).putLong(content.length).putLong(content.length).putLong(0);
    int end64 = zip.position();
    zip.putInt(0x06064B50).putLong(44).putShort((short) 45).putShort((short) 45).putInt(0).putInt(0);
    zip.putLong(1).putLong(1).putLong(end64 - directory).putLong(directory);
    zip.putInt(0x07064B50).putInt(0).putLong(end64).putInt(1);
    zip.putInt(0x06054B50).putShort((short) 0).putShort((short) 0).putShort((short) -1).putShort((short) -1);
    zip.putInt(-1).putInt(-1).putShort((short) 0);
    var bytes = new byte[zip.position()];
    zip.flip().get(bytes);
    return bytes;
  }
}
