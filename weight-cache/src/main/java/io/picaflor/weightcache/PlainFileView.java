package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * What is known where the system has no Unix rights (Windows): the kind of a file, and no more. The user's own cache folder
 * is private there by its place; a folder that was named is as safe as its access list.
 */
final class PlainFileView implements AccessRules.View {
  @Override
  public AccessRules.Facts facts(Path path) throws IOException {
    var attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    AccessRules.Kind kind = attributes.isRegularFile()
        ? AccessRules.Kind.FILE
        : attributes.isDirectory() ? AccessRules.Kind.FOLDER : AccessRules.Kind.OTHER;
    return new AccessRules.Facts(kind, true, "unknown", false);
  }
}
