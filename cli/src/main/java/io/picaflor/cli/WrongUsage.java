package io.picaflor.cli;

import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;

/** Says in one line what is wrong with the arguments, and where to look. Exit status 2. */
final class WrongUsage implements IParameterExceptionHandler {
  @Override
  public int handleParseException(ParameterException e, String[] arguments) {
    String verb = e.getCommandLine().getCommandSpec().qualifiedName();
    System.err
        .println("picaflor: " + e.getMessage().lines().findFirst().orElse("wrong usage") + "; see " + verb + " --help");
    return CommandLine.ExitCode.USAGE;
  }
}
