package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What a file system says of a file without reading it: enough to believe that a file is the one that was hashed.
 *
 * <p>Not its name, where the file has a number of its own: a copy or a link is as good. Not its device's number: containers
 * change that at each start. On Windows the time of creation stands for the time of change, which is weaker: a program may set both of its times.
 *
 * @param bytes size
 * @param modifiedNanos time of the last write, in nanoseconds since 1970
 * @param changedNanos time of the last change of data or attributes, which programs cannot set; on Windows of creation
 * @param number of the file (inode) where numbers last; else one that is made of its path, so that two files are never one
 */
public record FileIdentity(long bytes, long modifiedNanos, long changedNanos, long number) {
  /** File systems whose file numbers stay the same; others (network, user space, FAT) may make them up at each mount. */
  private static final Set<String> STABLE_NUMBERS =
      Set.of("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "apfs",
          "hfs", "tmpfs", "overlay");

  /** Coarser than any file system's clock, by which a write just after the hashing might go unseen. */
  private static final Duration SETTLED = Duration.ofSeconds(2);

  /** The identity of a file as it is now; links are followed. */
  public static FileIdentity of(Path file) throws IOException {
    if (!file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      var attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return new FileIdentity(attributes.size(), nanos(attributes.lastModifiedTime()), nanos(attributes.creationTime()),
          hash(file));
    }
    Map<String, Object> attributes = Files.readAttributes(file, "unix:size,lastModifiedTime,ctime,ino");
    String system = Files.getFileStore(file).type().toLowerCase(Locale.ROOT);
    long number = STABLE_NUMBERS.contains(system) ? (Long) attributes.get("ino") : hash(file);
    return new FileIdentity((Long) attributes.get("size"), nanos((FileTime) attributes.get("lastModifiedTime")),
        nanos((FileTime) attributes.get("ctime")), number);
  }

  /** By hand, as {@link #hashCode}: the JVM makes code for a record's own at each start. */
  @Override
  public boolean equals(Object other) {
    return other instanceof FileIdentity identity && identity.bytes == bytes
        && identity.modifiedNanos == modifiedNanos && identity.changedNanos == changedNanos
        && identity.number == number;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(bytes + 31 * (modifiedNanos + 31 * (changedNanos + 31 * number)));
  }

  /** Whether the file has been left alone for long enough that a later change shows in its times. */
  boolean isSettled(Instant now) {
    long latest = Math.max(modifiedNanos, changedNanos);
    return latest <= nanos(FileTime.from(now.minus(SETTLED)));
  }

  /** FNV-1a, 64 bits, of the path without links; always negative, which numbers of files are not. */
  private static long hash(Path file) throws IOException {
    long hash = 0xcbf29ce484222325L;
    for (byte b : file.toRealPath().toString().getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash | Long.MIN_VALUE;
  }

  private static long nanos(FileTime time) {
    return time.to(TimeUnit.NANOSECONDS);
  }
}
