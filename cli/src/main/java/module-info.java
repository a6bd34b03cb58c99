/** The verbs of ./picaflor. */
module io.picaflor.cli {
  requires transitive io.picaflor;
  requires io.picaflor.weightcache; // the verbs that list and remove what is kept
  requires transitive info.picocli;
  requires transitive com.fasterxml.jackson.databind;

  exports io.picaflor.cli.verb;

  opens io.picaflor.cli to
      info.picocli;
  opens io.picaflor.cli.verb to
      info.picocli;

  uses io.picaflor.cli.verb.Verb;
}
