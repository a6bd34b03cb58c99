package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/**
 * The one place that makes and reads the names of our files in a folder.
 *
 * <p>{@code FAMILY-g7.weights} is the seventh build of a family, {@code FAMILY.lock} is held while one is built, and
 * {@code FAMILY.PID-RANDOM.building} is a build that is not finished.
 * {@code SIZE-TIME-TIME-INODE.record} is a {@link SourceRecord}. Nothing else in the folder is ours.
 */
record CacheFolder(Path path) {
  private static final Pattern FAMILY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
  private static final Pattern GENERATION = Pattern.compile("(" + FAMILY + ")-g([1-9][0-9]{0,8})\\.weights");
  private static final long HIGHEST = 999_999_999;
  private static final Pattern BUILDING = Pattern.compile("(" + FAMILY + ")\\.[0-9]+-[0-9a-f]+\\.building");

  private static final Pattern RECORD = Pattern.compile("[0-9a-f]+(-[0-9a-f]+){3}\\.record");

  /** One build of a family; the name is ours, what is behind it nobody has looked at yet. */
  record Generation(Path path, String family, long number) {}

  /** Refuses names that could leave the folder or be taken for something else. */
  static String checkedFamily(String family) {
    if (!FAMILY.matcher(family).matches()) {
      throw new IllegalArgumentException(
          "family: expected 1 to 100 letters, digits, dots, dashes and underscores, found '" + family + "'");
    }
    return family;
  }

  /** The nearest family name to any text. */
  static String familyOf(String text) {
    String name = text.replaceAll("[^A-Za-z0-9._-]", "_");
    name = FAMILY.matcher(name).lookingAt() ? name : "w" + name;
    return name.substring(0, Math.min(100, name.length()));
  }

  /** A name for the next build: one above all that are there, whatever lies under them. */
  Generation nextGeneration(String family) throws IOException {
    Set<Long> taken = new HashSet<>();
    generations(family).forEach(generation -> taken.add(generation.number()));
    long number = taken.stream().mapToLong(n -> n).max().orElse(0) + 1;
    if (number > HIGHEST) { // nobody builds so often: the name is somebody's joke, and any free one does
      number = LongStream.rangeClosed(1, HIGHEST).filter(n -> !taken.contains(n)).findFirst().orElseThrow();
    }
    return new Generation(generationPath(family, number), family, number);
  }

  Path generationPath(String family, long number) {
    return path.resolve(family + "-g" + number + ".weights");
  }

  Path lockPath(String family) {
    return path.resolve(family + ".lock");
  }

  Path newBuildingPath(String family) {
    String random = Long.toHexString(ThreadLocalRandom.current().nextLong());
    return path.resolve(family + "." + ProcessHandle.current().pid() + "-" + random + ".building");
  }

  /** All builds of all families, newest first; none if there is no such folder. */
  List<Generation> generations() throws IOException {
    List<Generation> found = new ArrayList<>();
    for (Path file : files()) {
      Matcher name = GENERATION.matcher(file.getFileName().toString());
      if (name.matches()) {
        found.add(new Generation(file, name.group(1), Long.parseLong(name.group(2))));
      }
    }
    found.sort(Comparator.comparingLong(Generation::number).reversed());
    return found;
  }

  /** All builds of one family, newest first. */
  List<Generation> generations(String family) throws IOException {
    return generations().stream().filter(g -> g.family().equals(family)).toList();
  }

  /** Unfinished builds by family: of those that hold the family's lock, or of killed ones. */
  Map<String, List<Path>> unfinished() throws IOException {
    Map<String, List<Path>> found = new TreeMap<>();
    for (Path file : files()) {
      Matcher name = BUILDING.matcher(file.getFileName().toString());
      if (name.matches()) {
        found.computeIfAbsent(name.group(1), _ -> new ArrayList<>()).add(file);
      }
    }
    return found;
  }

  /** The record of a file with this identity. */
  Path recordPath(FileIdentity identity) {
    return path.resolve("%x-%x-%x-%x.record".formatted(identity.bytes(), identity.modifiedNanos(),
        identity.changedNanos(), identity.inode()));
  }

  List<Path> records() throws IOException {
    return files().stream().filter(file -> RECORD.matcher(file.getFileName().toString()).matches()).toList();
  }

  private List<Path> files() throws IOException {
    try (DirectoryStream<Path> listing = Files.newDirectoryStream(path)) {
      List<Path> files = new ArrayList<>();
      listing.forEach(files::add);
      return files;
    } catch (NoSuchFileException | NotDirectoryException _) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }
}
