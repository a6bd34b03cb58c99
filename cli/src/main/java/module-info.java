/** The verbs of ./picaflor. */
module io.picaflor.cli {
  requires transitive io.picaflor;
  requires io.picaflor.weightcache; // the verbs that list and remove what is kept
  requires transitive org.apache.commons.cli;
  requires transitive com.fasterxml.jackson.databind;

  exports io.picaflor.cli.verb;

  uses io.picaflor.cli.verb.Verb;
}
