package io.picaflor.cli;

import picocli.CommandLine.IVersionProvider;

/** The version that {@code --version} prints: that of the module, with the JVM beside it. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Picaflor.class.getModule().getDescriptor().rawVersion().orElse("development");
    return new String[] {"picaflor " + version + " (Java " + Runtime.version() + ")"};
  }
}
