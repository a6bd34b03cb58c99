package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Makes files and folders that are private from their first moment: 0600 and 0700 where the system has such rights. */
final class FilePermissions {
  private final FileAttribute<?>[] file;
  private final FileAttribute<?>[] folder;

  FilePermissions(boolean posix) {
    file = posix ? attributes("rw-------") : new FileAttribute<?>[0];
    folder = posix ? attributes("rwx------") : new FileAttribute<?>[0];
  }

  private static FileAttribute<?>[] attributes(String rights) {
    return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(rights))};
  }

  FileChannel open(Path path, OpenOption... options) throws IOException {
    return FileChannel.open(path, Set.of(options), file);
  }

  /** Makes the folder and those above it that are missing. */
  void createFolders(Path path) throws IOException {
    Files.createDirectories(path, folder);
  }
}
