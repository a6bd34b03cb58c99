package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A program that opens a cache, as one of several processes; tells on its output how far it is. */
public final class CacheProcess {
  static final int BLOBS = 12;

  private CacheProcess() {}

  static List<TestBlob> blobs() {
    return TestBlob.some("process", BLOBS);
  }

  /**
   * Arguments: the folder, and {@code wait} to begin when a line comes in, or
   * {@code impatient} to wait for nobody.
   */
  public static void main(String[] arguments) throws IOException {
    CacheRequest request = new CacheRequest(TestCache.FAMILY, CachePlace.at(Path.of(arguments[0])))
        .runner(new PackingThreads(2)).progress((done, total) -> System.out.println("packed"));
    if (arguments.length > 1 && arguments[1].equals("impatient")) {
      request.lockDeadline(Duration.ZERO);
    } else if (arguments.length > 1) {
      System.out.println("ready");
      System.in.read();
    }
    List<TestBlob> blobs = blobs();
    try (PackedBlobs packed = WeightCache.open(request, blobs)) {
      TestBlob.assertAllRight(packed, blobs);
      System.out.println(packed.report().outcome());
    }
  }

  /** Starts the program in a JVM of its own, on the class path, with a command before it if there is one. */
  static Process start(List<String> before, String... arguments) throws IOException {
    Path target = Path.of(System.getProperty("basedir", ".")).toAbsolutePath().resolve("target");
    String classPath = target.resolve("classes") + java.io.File.pathSeparator + target.resolve("test-classes")
        + java.io.File.pathSeparator + System.getProperty("java.class.path");
    List<String> command = new java.util.ArrayList<>(before);
    command
        .addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC", "-Xmx64m", "-cp", classPath, CacheProcess.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}
