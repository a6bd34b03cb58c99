package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Finds the folders that a cache may lie in, best first, and says why one is not used. */
final class Places {
  /** Beside a file, so that a listing shows what it is. */
  private static final String FOLDER_BESIDE = ".picaflor-cache";

  /**
   * A folder to look into and perhaps to build in.
   *
   * @param folder the folder; need not exist
   * @param family the family's name there
   * @param named whether the user named it, so that it is not ours to judge how fast or safe its file system is
   */
  record Candidate(CacheFolder folder, String family, boolean named) {}

  private final Surroundings surroundings;

  Places(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /** The candidates for a family, best first; none if it shall stay in memory. */
  List<Candidate> candidates(CachePlace place, String family) {
    // Not a switch on patterns: the first one of a process takes 20 ms, as long as all the rest of a hit.
    if (place instanceof CachePlace.At at) {
      return List.of(named(at.path().toAbsolutePath().normalize(), family));
    }
    List<Candidate> found = new ArrayList<>();
    if (place instanceof CachePlace.Automatic automatic) {
      Optional<Path> users = surroundings.userCacheFolder();
      if (users.isPresent()) {
        found.add(new Candidate(new CacheFolder(users.get()), family, false));
      }
      if (automatic.beside().isPresent()) {
        Path file = automatic.beside().get().toAbsolutePath().normalize();
        found.add(new Candidate(new CacheFolder(file.resolveSibling(FOLDER_BESIDE)), family, false));
      }
    }
    return found;
  }

  private static Candidate named(Path path, String family) {
    Path name = path.getFileName();
    if (name == null || Files.isDirectory(path)) {
      return new Candidate(new CacheFolder(path), family, true);
    }
    String text = name.toString();
    String stem = CacheFolder.withoutEnding(text);
    return new Candidate(new CacheFolder(path.getParent()), CacheFolder.familyOf(stem), true);
  }

  /**
   * Whether files in the folder may be believed.
   *
   * @return the folder as it really is, or nothing if there is none
   * @throws UntrustedFileException if others may have a hand in it
   */
  Optional<CacheFolder> forReading(Candidate candidate) throws IOException {
    Path path = candidate.folder().path();
    if (!Files.isDirectory(path)) {
      return Optional.empty();
    }
    Path real = path.toRealPath();
    Optional<String> objection = surroundings.rules().objectionToFolder(real);
    if (objection.isPresent()) {
      throw new UntrustedFileException(objection.get());
    }
    return Optional.of(new CacheFolder(real));
  }

  /**
   * Makes the folder if it is not there, and checks that we may build in it.
   *
   * @throws IOException if not; its reason is for people
   */
  CacheFolder forBuilding(Candidate candidate) throws IOException {
    Path path = candidate.folder().path();
    if (!candidate.named()) {
      refuseNetwork(path);
    }
    surroundings.permissions().createFolders(path);
    CacheFolder folder = forReading(candidate).orElseThrow(() -> new IOException(path + " is not a folder"));
    if (!Files.isWritable(folder.path())) {
      throw new IOException("no permission to write in " + folder.path());
    }
    return folder;
  }

  private void refuseNetwork(Path path) throws IOException {
    Path existing = path;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (existing != null) {
      String type = surroundings.disk().fileSystem(existing);
      if (isNetwork(type)) {
        throw new IOException(path + " lies on a network file system (" + type + ")");
      }
    }
  }

  /** Locks and mappings of network file systems depend on what others do; by the names that systems give them. */
  static boolean isNetwork(String type) {
    String name = type.toLowerCase(Locale.ROOT);
    return List
        .of("nfs", "cifs", "smb", "afp", "webdav", "davfs", "fuse.sshfs", "fuse.gluster", "fuse.ceph", "fuse.rclone",
            "fuse.s3fs", "ceph", "lustre", "gpfs", "beegfs", "afs", "9p", "ncp", "ocfs2")
        .stream().anyMatch(name::startsWith);
  }
}
