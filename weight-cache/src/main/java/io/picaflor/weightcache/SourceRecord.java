package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One file's identity with the content keys of its sections; see docs/weight-cache-format.md.
 *
 * @param identity of the file when it was hashed
 * @param file where it was, for people
 * @param keys content keys by section
 */
record SourceRecord(FileIdentity identity, String file, Map<String, BlobKey> keys) {
  static final int MAX_BYTES = 16 << 20;

  /** {@code 89 50 57 52 0D 0A 1A 0A}. */
  private static final long MAGIC = 0x0A1A0A0D52575089L;

  private static final int VERSION = 1;
  private static final int SMALLEST_KEY_BYTES = 4 + 4 + 1;

  /** Reads a record; nothing if it is missing, damaged, of another version, or not to be believed. */
  static Optional<SourceRecord> read(Path file, AccessRules rules) throws IOException {
    try {
      if (rules.objectionToFile(file).isPresent() || Files.size(file) > MAX_BYTES) {
        return Optional.empty();
      }
      return Optional.of(decode(ByteBuffer.wrap(Files.readAllBytes(file))));
    } catch (NoSuchFileException | BrokenCacheException | OtherVersionException _) {
      return Optional.empty();
    }
  }

  byte[] encode() {
    ByteAppender out = new ByteAppender().int64(MAGIC).int32(VERSION).int64(identity.bytes())
        .int64(identity.modifiedNanos()).int64(identity.changedNanos()).int64(identity.number()).text(file)
        .int32(keys.size());
    keys.forEach((name, key) -> out.text(name).bytes(key.bytes()));
    return out.int32(CacheFormat.checksum(ByteBuffer.wrap(out.toByteArray()))).toByteArray();
  }

  static SourceRecord decode(ByteBuffer bytes) throws BrokenCacheException, OtherVersionException {
    int end = bytes.limit() - Integer.BYTES;
    if (end < 0 || CacheFormat.checksum(bytes.slice(0, end)) != bytes.order(ByteOrder.LITTLE_ENDIAN).getInt(end)) {
      throw new BrokenCacheException("record: checksum does not match");
    }
    ByteCursor cursor = new ByteCursor(bytes.slice(0, end));
    if (cursor.int64("magic") != MAGIC) {
      throw new BrokenCacheException("magic: not a record");
    }
    int version = cursor.int32("version");
    if (version != VERSION) {
      throw new OtherVersionException(version);
    }
    FileIdentity identity = new FileIdentity(cursor.int64("size"), cursor.int64("time of write"),
        cursor.int64("time of change"), cursor.int64("number"));
    String file = cursor.text("file");
    int count = cursor.count(SMALLEST_KEY_BYTES, "keys");
    Map<String, BlobKey> keys = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      String name = cursor.text("name");
      byte[] key = cursor.bytes(BlobKey.MAX_BYTES, "key");
      if (key.length == 0) {
        throw new BrokenCacheException("key: has no bytes");
      }
      keys.put(name, BlobKey.of(key));
    }
    return new SourceRecord(identity, file, keys);
  }
}
