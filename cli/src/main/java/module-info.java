/** The verbs of ./picaflor. */
module io.picaflor.cli {
  requires io.picaflor;
  requires info.picocli;
  requires com.fasterxml.jackson.databind;

  opens io.picaflor.cli to
      info.picocli;
}
