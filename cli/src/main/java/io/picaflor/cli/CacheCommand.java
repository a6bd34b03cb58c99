package io.picaflor.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code picaflor cache}: what is kept of models that were loaded before. */
@Command(
    name = "cache",
    description = "Lists, verifies and removes packed weights that are kept from run to run.",
    footer = {
      "",
      "Examples:",
      "  picaflor cache list",
      "  picaflor cache verify --json",
      "  picaflor cache rm gemma3-270m.litertlm",
      "  picaflor cache rm --all"
    },
    subcommands = {CacheListCommand.class, CacheVerifyCommand.class, CacheRemoveCommand.class},
    mixinStandardHelpOptions = true)
final class CacheCommand implements Callable<Integer> {
  @Spec
  private CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "give one of list, verify or rm");
  }
}
