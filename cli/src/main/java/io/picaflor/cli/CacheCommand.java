package io.picaflor.cli;

import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import io.picaflor.cli.verb.WrongUsageException;
import java.util.List;

/** {@code picaflor cache}: what is kept of models that were loaded before. */
final class CacheCommand implements Verb {
  @Override
  public String name() {
    return "cache";
  }

  @Override
  public Syntax syntax() {
    return Syntax.of("Lists, verifies and removes packed weights that are kept from run to run.").withExamples(
        "picaflor cache list", "picaflor cache verify --json", "picaflor cache rm gemma3-270m.litertlm",
        "picaflor cache rm --all");
  }

  @Override
  public List<Verb> verbs() {
    return List.of(new CacheListCommand(), new CacheVerifyCommand(), new CacheRemoveCommand());
  }

  @Override
  public int run(Arguments arguments) {
    throw new WrongUsageException("give one of list, verify or rm");
  }
}
