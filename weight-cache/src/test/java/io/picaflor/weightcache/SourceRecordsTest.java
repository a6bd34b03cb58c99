package io.picaflor.weightcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A record is believed for the very file that was hashed, and for no other. */
class SourceRecordsTest {
  @TempDir
  Path folder;
  private TestCache cache;
  private Path model;
  private SourceRecords records;

  @BeforeEach
  void newModel() throws IOException {
    cache = new TestCache(folder.resolve("cache"));
    Files.createDirectory(cache.folder,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    model = Files.write(folder.resolve("model"), new byte[] {1, 2, 3});
    records = records(Duration.ofSeconds(10));
  }

  /** Records whose clock is this far ahead: the files of a test are new. */
  private SourceRecords records(Duration ahead) {
    return new SourceRecords(CachePlace.at(cache.folder), cache.surroundings, Clock.offset(Clock.systemUTC(), ahead));
  }

  private static Map<String, BlobKey> keys(int first) {
    return Map.of("section 0", BlobKey.of(new byte[] {(byte) first, 1}), "tokenizer", BlobKey.of(new byte[32]));
  }

  private boolean record(int first) throws IOException {
    return records.record(model, FileIdentity.of(model), keys(first));
  }

  private Optional<Map<String, BlobKey>> find() throws IOException {
    return records.find(FileIdentity.of(model));
  }

  /** Does something to the model until the file system's clock has moved on, which takes some milliseconds. */
  private void change(Change change) throws IOException {
    FileIdentity before = FileIdentity.of(model);
    do {
      change.run();
    } while (FileIdentity.of(model).changedNanos() == before.changedNanos());
  }

  @FunctionalInterface
  private interface Change {
    void run() throws IOException;
  }

  @Test
  void whatWasRecordedIsFoundAgain() throws IOException {
    assertEquals(Optional.empty(), find());
    assertTrue(record(1));
    assertEquals(Optional.of(keys(1)), find());
    assertEquals(1, cache.names().size());
    assertTrue(record(2));
    assertEquals(Optional.of(keys(2)), find());
    assertEquals(1, cache.names().size());
    assertEquals("rw-------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(cache.folder.resolve(cache.names().getFirst()))));
  }

  @Test
  void anotherFileInItsPlaceIsNotTakenForItThoughSizeAndTimeAreTheSame() throws IOException {
    assertTrue(record(1));
    FileTime written = Files.getLastModifiedTime(model);
    FileIdentity before = FileIdentity.of(model);
    change(() -> {
      Path other = Files.write(folder.resolve("other"), new byte[] {4, 5, 6});
      Files.setLastModifiedTime(other, written);
      Files.move(other, model, StandardCopyOption.ATOMIC_MOVE);
    });
    assertEquals(before.bytes(), FileIdentity.of(model).bytes());
    assertEquals(before.modifiedNanos(), FileIdentity.of(model).modifiedNanos());
    assertEquals(Optional.empty(), find());
  }

  @Test
  void aFileThatIsOverwrittenIsHashedAgainThoughItsTimeIsSetBack() throws IOException {
    assertTrue(record(1));
    FileTime written = Files.getLastModifiedTime(model);
    change(() -> {
      Files.write(model, new byte[] {4, 5, 6});
      Files.setLastModifiedTime(model, written);
    });
    assertEquals(Optional.empty(), find());
  }

  @Test
  void aFileOfTheLastTwoSecondsIsNotRecorded() throws IOException {
    records = records(Duration.ZERO);
    assertFalse(record(1));
    records = records(Duration.ofHours(-1));
    assertFalse(record(1), "nor one from the future");
    assertEquals(0, cache.names().size());
    FileIdentity identity = new FileIdentity(1, 5_000_000_000L, 6_000_000_000L, 0);
    assertTrue(identity.isSettled(Instant.ofEpochSecond(8)));
    assertFalse(identity.isSettled(Instant.ofEpochSecond(8).minusNanos(1)));
  }

  @Test
  void aFileThatChangedWhileItWasHashedIsNotRecorded() throws IOException {
    FileIdentity before = FileIdentity.of(model);
    change(() -> Files.write(model, new byte[] {4, 5, 6}));
    assertFalse(records.record(model, before, keys(1)));
    assertEquals(0, cache.names().size());
  }

  @Test
  void twoFilesAreNeverOneThoughTheirTimesAreTheSame() throws IOException {
    Path other = Files.write(folder.resolve("other"), new byte[] {4, 5, 6});
    Files.setLastModifiedTime(other, Files.getLastModifiedTime(model));
    FileIdentity one = FileIdentity.of(model);
    FileIdentity two = FileIdentity.of(other);
    assertNotEquals(one.number(), two.number());
    assertTrue(Files.getFileStore(model).type().startsWith("fuse") || one.number() > 0, "an inode, where they last");
  }

  @Test
  void severalModelsHaveSeveralRecords() throws IOException {
    assertTrue(record(1));
    Path other = Files.write(folder.resolve("longer"), new byte[] {1, 2, 3, 4});
    assertTrue(records.record(other, FileIdentity.of(other), keys(2)));
    assertEquals(Optional.of(keys(1)), find());
    assertEquals(Optional.of(keys(2)), records.find(FileIdentity.of(other)));
  }

  @Test
  void aRecordThatIsCutOrFlippedAnywhereIsNoRecord() throws IOException {
    assertTrue(record(1));
    Path file = cache.folder.resolve(cache.names().getFirst());
    byte[] good = Files.readAllBytes(file);
    for (int i = 0; i < good.length; i++) {
      Files.write(file, java.util.Arrays.copyOf(good, i));
      assertEquals(Optional.empty(), find());
      byte[] flipped = good.clone();
      flipped[i] ^= (byte) (1 << i % 8);
      Files.write(file, flipped);
      assertEquals(Optional.empty(), find());
    }
    assertTrue(record(1));
    assertEquals(Optional.of(keys(1)), find());
  }

  @Test
  void aRecordUnderAnothersNameIsNotBelieved() throws IOException {
    assertTrue(record(1));
    Path file = cache.folder.resolve(cache.names().getFirst());
    Path other = Files.write(folder.resolve("longer"), new byte[] {1, 2, 3, 4});
    FileIdentity identity = FileIdentity.of(other);
    Files.move(file, new CacheFolder(cache.folder).recordPath(identity));
    assertEquals(Optional.empty(), records.find(identity));
  }

  @Test
  void aRecordThatOthersMayWriteIsNotBelieved() throws IOException {
    assertTrue(record(1));
    Path file = cache.folder.resolve(cache.names().getFirst());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertEquals(Optional.empty(), find());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    assertEquals(Optional.of(keys(1)), find());
    Files.setPosixFilePermissions(cache.folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertEquals(Optional.empty(), find());
    assertFalse(record(1));
  }

  @Test
  void withoutAPlaceNothingIsRecordedAndNothingFails() throws IOException {
    records = new SourceRecords(CachePlace.none(), cache.surroundings, Clock.systemUTC());
    assertFalse(record(1));
    assertEquals(Optional.empty(), find());
  }

  @Test
  void onlyTheNewestRecordsAreKept() throws IOException {
    for (int i = 0; i < 70; i++) {
      SourceRecord record = new SourceRecord(new FileIdentity(i, 1, 2, 3), "", keys(1));
      Path file = Files.write(new CacheFolder(cache.folder).recordPath(record.identity()), record.encode());
      Files.setLastModifiedTime(file, FileTime.fromMillis(1000L * i));
      Files.setAttribute(file, "lastAccessTime", FileTime.fromMillis(1000L * i));
    }
    assertTrue(record(1));
    assertEquals(64, cache.names().size());
    assertFalse(cache.names().contains("6-1-2-3.record"));
    assertTrue(cache.names().contains("7-1-2-3.record") && find().isPresent());
  }

  @Test
  void keysOfAnySizeComeBack() throws IOException {
    Map<String, BlobKey> many = new HashMap<>();
    for (int i = 1; i <= BlobKey.MAX_BYTES; i++) {
      many.put("\u00e9 ".repeat(i), BlobKey.of(new byte[i]));
    }
    assertTrue(records.record(model, FileIdentity.of(model), many));
    assertEquals(Optional.of(many), find());
    assertNotEquals(Optional.of(keys(1)), find());
  }
}
