/** The verb bench: how fast a model file runs here. */
module io.picaflor.bench {
  requires io.picaflor.cli;

  opens io.picaflor.bench to
      info.picocli;

  provides io.picaflor.cli.verb.Verb with
      io.picaflor.bench.BenchVerb;
}
