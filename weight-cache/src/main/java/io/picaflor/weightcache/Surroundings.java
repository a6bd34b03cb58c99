package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The machine and the user around us, as the cache sees them; tests put others in their place.
 *
 * @param system the operating system's name, as in {@code os.name}
 * @param home the user's home folder
 * @param variables the environment; null for what is not set
 * @param rules whose files are believed
 * @param permissions with which rights files are made
 * @param disk where they are made
 * @param log takes one line for each thing that users should know of
 */
record Surroundings(String system, String home, UnaryOperator<String> variables, AccessRules rules,
    FilePermissions permissions, Disk disk, Consumer<String> log) {

  // Classes and no lambdas, and no logger before there is a line: a start is quicker without them.
  private static final UnaryOperator<String> ENVIRONMENT = new UnaryOperator<>() {
    @Override
    public String apply(String name) {
      return System.getenv(name);
    }
  };
  private static final Consumer<String> LOG = new Consumer<>() {
    @Override
    public void accept(String line) {
      System.getLogger(WeightCache.class.getName()).log(System.Logger.Level.WARNING, line);
    }
  };

  /** Those of this process. */
  static Surroundings real() throws IOException {
    boolean unix = FileSystems.getDefault().supportedFileAttributeViews().contains("unix");
    FilePermissions permissions = new FilePermissions(unix);
    AccessRules.View view = unix ? new UnixFileView(UnixFileView.currentUser()) : new PlainFileView();
    return new Surroundings(System.getProperty("os.name", ""), System.getProperty("user.home", ""), ENVIRONMENT,
        new AccessRules(view), permissions, Disk.real(permissions), LOG);
  }

  /** The folder for caches that the system gives each user; nothing if the user has no home. */
  Optional<Path> userCacheFolder() {
    String name = system.toLowerCase(Locale.ROOT);
    if (name.startsWith("windows")) {
      return absolute(variables.apply("LOCALAPPDATA")).map(p -> p.resolve("picaflor").resolve("weights"));
    }
    Optional<Path> caches;
    if (name.startsWith("mac")) {
      caches = absolute(home).map(p -> p.resolve("Library").resolve("Caches"));
    } else {
      // XDG Base Directory Specification 0.8: a path that is not absolute is to be ignored.
      caches = absolute(variables.apply("XDG_CACHE_HOME"));
      if (caches.isEmpty() && absolute(home).isPresent()) {
        caches = Optional.of(Path.of(home, ".cache"));
      }
    }
    return caches.isPresent() ? Optional.of(caches.get().resolve("picaflor").resolve("weights")) : caches;
  }

  private static Optional<Path> absolute(String text) {
    if (text == null || text.isEmpty()) {
      return Optional.empty();
    }
    try {
      Path path = Path.of(text);
      return path.isAbsolute() ? Optional.of(path) : Optional.empty();
    } catch (InvalidPathException _) {
      return Optional.empty();
    }
  }
}
