/** The verb bench: how fast a model file runs here. */
module io.picaflor.bench {
  requires io.picaflor.cli;

  provides io.picaflor.cli.verb.Verb with
      io.picaflor.bench.BenchCommand;
}
