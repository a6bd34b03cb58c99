package io.picaflor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Which pages of a mapped file are this process's, by the system's own account. Linux only. */
public final class ResidentPages {
  private ResidentPages() {}

  /** KiB of a file that are mapped and resident here. */
  public static long kib(Path file) throws IOException {
    long sum = 0;
    boolean ours = false;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        ours = line.endsWith(file.toRealPath().toString());
      } else if (ours && line.startsWith("Rss:")) {
        sum += Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return sum;
  }
}
