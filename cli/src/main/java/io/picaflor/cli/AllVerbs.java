package io.picaflor.cli;

import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/** {@code picaflor} itself: the verbs that the program always has, and those that other modules bring. */
final class AllVerbs implements Verb {
  private final List<Verb> own;

  /**
   * All verbs.
   *
   * @param begun when the program began, by {@link System#nanoTime}
   */
  AllVerbs(long begun) {
    own = List.of(new RunCommand(begun), new ScoreCommand(), new TokenizeCommand(), new RenderCommand(),
        new InspectCommand(), new CacheCommand());
  }

  @Override
  public String name() {
    return "picaflor";
  }

  @Override
  public Syntax syntax() {
    return Syntax.of("Runs LiteRT language models on the CPU.");
  }

  @Override
  public List<Verb> verbs() {
    List<Verb> all = new ArrayList<>(own);
    ServiceLoader.load(Verb.class).forEach(all::add);
    return all;
  }

  /** Other modules are asked last: a start of {@code run} has no need of them. */
  @Override
  public Optional<Verb> verb(String name) {
    return own.stream().filter(verb -> verb.name().equals(name)).findFirst().or(() -> Verb.super.verb(name));
  }

  /** No verb was named. */
  @Override
  public int run(Arguments arguments) {
    System.err.print(HelpText.of(name(), Picaflor.syntax(this), verbs()));
    return Picaflor.WRONG_USAGE;
  }
}
