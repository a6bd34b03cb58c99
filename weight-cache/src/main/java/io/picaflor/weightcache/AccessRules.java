package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whose files are believed: checksums stop accidents, not people. A file or folder must be ours or the administrator's, be
 * itself and no link to elsewhere, and nobody else may write it.
 */
final class AccessRules {
  /** What a file is. */
  enum Kind {
    FILE, FOLDER, OTHER
  }

  /**
   * What the rules ask of a file.
   *
   * @param kind what it is; links are not followed
   * @param trustedOwner whether it belongs to us or to the administrator
   * @param owner its owner, for people
   * @param othersMayWrite whether group or others have the right to write; where there are access lists, their mask counts
   */
  record Facts(Kind kind, boolean trustedOwner, String owner, boolean othersMayWrite) {}

  /** Looks files up; a link is looked at itself. */
  @FunctionalInterface
  interface View {
    Facts facts(Path path) throws IOException;
  }

  private final View view;

  AccessRules(View view) {
    this.view = view;
  }

  /** What speaks against the file; nothing if it may be believed. */
  Optional<String> objectionToFile(Path path) throws IOException {
    return objection(path, Kind.FILE, "is not a plain file");
  }

  /** What speaks against keeping files in the folder; nothing if it may be used. */
  Optional<String> objectionToFolder(Path path) throws IOException {
    return objection(path, Kind.FOLDER, "is not a folder");
  }

  private Optional<String> objection(Path path, Kind kind, String otherKind) throws IOException {
    Facts facts = view.facts(path);
    if (facts.kind() != kind) {
      return Optional.of(path + " " + otherKind);
    }
    if (!facts.trustedOwner()) {
      return Optional.of(path + " belongs to " + facts.owner());
    }
    if (facts.othersMayWrite()) {
      return Optional.of("others may write " + path);
    }
    return Optional.empty();
  }
}
