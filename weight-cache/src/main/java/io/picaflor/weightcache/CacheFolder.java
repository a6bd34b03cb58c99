package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
 * {@code SIZE-TIME-TIME-NUMBER.record} is a {@link SourceRecord}. Nothing else in the folder is ours.
 */
record CacheFolder(Path path) {
  private static final int LONGEST_FAMILY = 100;
  private static final long HIGHEST = 999_999_999;
  private static final String GENERATION = "-g";
  private static final String WEIGHTS = ".weights";

  /** Patterns that a hit needs none of: a start is quicker without them. */
  private static final class Names {
    private static final Pattern BUILDING = Pattern.compile("(.+)\\.[0-9]+-[0-9a-f]+\\.building");
    private static final Pattern RECORD = Pattern.compile("[0-9a-f]+(-[0-9a-f]+){3}\\.record");
  }

  /** One build of a family; the name is ours, what is behind it nobody has looked at yet. */
  record Generation(Path path, String family, long number) implements Comparable<Generation> {
    /** The newest first. */
    @Override
    public int compareTo(Generation other) {
      return Long.compare(other.number, number);
    }
  }

  /** Refuses names that could leave the folder or be taken for something else. */
  static String checkedFamily(String family) {
    if (!isFamily(family)) {
      throw new IllegalArgumentException("family: expected 1 to " + LONGEST_FAMILY
          + " letters, digits, dots, dashes and underscores, the first a letter or digit, found '" + family + "'");
    }
    return family;
  }

  private static boolean isFamily(String name) {
    if (name.isEmpty() || name.length() > LONGEST_FAMILY || !isLetterOrDigit(name.charAt(0))) {
      return false;
    }
    for (int i = 1; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!isLetterOrDigit(c) && c != '.' && c != '_' && c != '-') {
        return false;
      }
    }
    return true;
  }

  private static boolean isLetterOrDigit(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
  }

  /** The nearest family name to any text. */
  static String familyOf(String text) {
    String name = text.replaceAll("[^A-Za-z0-9._-]", "_");
    name = !name.isEmpty() && isLetterOrDigit(name.charAt(0)) ? name : "w" + name;
    return name.substring(0, Math.min(LONGEST_FAMILY, name.length()));
  }

  /** A name without the ending that cache files have, for those who write it. */
  static String withoutEnding(String name) {
    return name.endsWith(WEIGHTS) ? name.substring(0, name.length() - WEIGHTS.length()) : name;
  }

  private static Optional<Generation> generation(Path file) {
    String name = file.getFileName().toString();
    int dash = name.lastIndexOf(GENERATION);
    if (dash < 0 || !name.endsWith(WEIGHTS) || !isFamily(name.substring(0, dash))) {
      return Optional.empty();
    }
    int from = dash + GENERATION.length();
    int end = name.length() - WEIGHTS.length();
    long number = 0;
    for (int i = from; i < end && number <= HIGHEST; i++) {
      char c = name.charAt(i);
      if (c < '0' || c > '9' || i == from && c == '0') {
        return Optional.empty();
      }
      number = 10 * number + c - '0';
    }
    return number == 0 || number > HIGHEST
        ? Optional.empty()
        : Optional.of(new Generation(file, name.substring(0, dash), number));
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
    return path.resolve(family + GENERATION + number + WEIGHTS);
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
      Optional<Generation> generation = generation(file);
      if (generation.isPresent()) {
        found.add(generation.get());
      }
    }
    found.sort(null);
    return found;
  }

  /** All builds of one family, newest first. */
  List<Generation> generations(String family) throws IOException {
    List<Generation> found = new ArrayList<>();
    for (Generation generation : generations()) {
      if (generation.family().equals(family)) {
        found.add(generation);
      }
    }
    return found;
  }

  /** Unfinished builds by family: of those that hold the family's lock, or of killed ones. */
  Map<String, List<Path>> unfinished() throws IOException {
    Map<String, List<Path>> found = new TreeMap<>();
    for (Path file : files()) {
      Matcher name = Names.BUILDING.matcher(file.getFileName().toString());
      if (name.matches() && isFamily(name.group(1))) {
        found.computeIfAbsent(name.group(1), _ -> new ArrayList<>()).add(file);
      }
    }
    return found;
  }

  /** The record of a file with this identity. */
  Path recordPath(FileIdentity identity) {
    // No formatter: the first one of a process takes longer than all the rest of a hit.
    return path.resolve(Long.toHexString(identity.bytes()) + "-" + Long.toHexString(identity.modifiedNanos()) + "-"
        + Long.toHexString(identity.changedNanos()) + "-" + Long.toHexString(identity.number()) + ".record");
  }

  List<Path> records() throws IOException {
    return files().stream().filter(file -> Names.RECORD.matcher(file.getFileName().toString()).matches()).toList();
  }

  private List<Path> files() throws IOException {
    try (DirectoryStream<Path> listing = Files.newDirectoryStream(path)) {
      List<Path> files = new ArrayList<>();
      for (Path file : listing) {
        files.add(file);
      }
      return files;
    } catch (NoSuchFileException | NotDirectoryException _) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }
}
