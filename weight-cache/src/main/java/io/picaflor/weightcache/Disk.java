package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What a builder asks of the disk; tests have one that fails. */
interface Disk {
  /** Makes a file that was not there, to be written and read. */
  FileChannel create(Path path) throws IOException;

  /** Free bytes where the folder lies; 0 or less if that is not known. */
  long usableBytes(Path folder) throws IOException;

  /** The system's name for the kind of file system where the folder lies, such as {@code ext4}. */
  String fileSystem(Path folder) throws IOException;

  /** The real one. */
  static Disk real(FilePermissions permissions) {
    return new Disk() {
      @Override
      public FileChannel create(Path path) throws IOException {
        return permissions.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS);
      }

      @Override
      public long usableBytes(Path folder) throws IOException {
        return Files.getFileStore(folder).getUsableSpace();
      }

      @Override
      public String fileSystem(Path folder) throws IOException {
        return Files.getFileStore(folder).type();
      }
    };
  }
}
