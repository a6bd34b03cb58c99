package io.picaflor.cli;

/** The version that {@code --version} prints: that of the module, with the JVM beside it. */
final class Version {
  private Version() {}

  static String line() {
    String version = Picaflor.class.getModule().getDescriptor().rawVersion().orElse("development");
    return "picaflor " + version + " (Java " + Runtime.version() + ")";
  }
}
