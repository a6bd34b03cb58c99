package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;

/**
 * When a file was last used. A hit writes nothing, so only the file system knows: the time of access where it is kept, else
 * the time of writing.
 *
 * @param path the file
 * @param bytes its size
 * @param last when it was read or written last
 */
record FileUse(Path path, long bytes, FileTime last) {

  /** Nothing if the file is gone or no plain one. */
  static Optional<FileUse> of(Path path) {
    try {
      var attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      FileTime read = attributes.lastAccessTime();
      FileTime written = attributes.lastModifiedTime();
      return attributes.isRegularFile()
          ? Optional.of(new FileUse(path, attributes.size(), read.compareTo(written) > 0 ? read : written))
          : Optional.empty();
    } catch (IOException _) {
      return Optional.empty();
    }
  }
}
