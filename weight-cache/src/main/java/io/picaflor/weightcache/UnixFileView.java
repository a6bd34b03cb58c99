package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;

/** Owner and rights as Unix has them, by user number. */
final class UnixFileView implements AccessRules.View {
  private static final int TYPE = 0170000;
  private static final int FILE = 0100000;
  private static final int FOLDER = 0040000;
  private static final int OTHERS_WRITE = 0022;

  private final int self;

  /** A view in which this user is "we". */
  UnixFileView(int self) {
    this.self = self;
  }

  @Override
  public AccessRules.Facts facts(Path path) throws IOException {
    Map<String, Object> attributes = Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
    int owner = (Integer) attributes.get("uid");
    int mode = (Integer) attributes.get("mode");
    int type = mode & TYPE;
    AccessRules.Kind kind = type == FILE
        ? AccessRules.Kind.FILE
        : type == FOLDER ? AccessRules.Kind.FOLDER : AccessRules.Kind.OTHER;
    return new AccessRules.Facts(kind, owner == self || owner == 0, "user " + owner, (mode & OTHERS_WRITE) != 0);
  }

  /**
   * The number of the user that this process acts as. Java has no call for it, and a hit must not write a file to find out:
   * Linux tells it in {@code /proc}; elsewhere the owner of the user's home folder is taken.
   */
  static int currentUser() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.isReadable(status)) {
      OptionalInt user = effectiveUser(Files.readString(status, StandardCharsets.ISO_8859_1));
      if (user.isPresent()) {
        return user.getAsInt();
      }
    }
    return (Integer) Files.getAttribute(Path.of(System.getProperty("user.home")), "unix:uid");
  }

  /** The second number of the line {@code Uid:}, which has the real, effective, saved and file system user. */
  static OptionalInt effectiveUser(String status) {
    String real = "\nUid:\t";
    int line = status.indexOf(real);
    int from = line < 0 ? -1 : status.indexOf('\t', line + real.length()) + 1;
    int to = from <= 0 ? -1 : status.indexOf('\t', from);
    return to < 0 ? OptionalInt.empty() : OptionalInt.of(Integer.parseUnsignedInt(status, from, to, 10));
  }
}
