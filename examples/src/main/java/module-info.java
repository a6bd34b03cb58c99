/** The chat application. */
module io.picaflor.examples {
  requires io.picaflor.cli;
  requires org.jline.reader;
  requires org.jline.terminal;
  // JLine asks it for signals by reflection: without it Ctrl-C would end the program instead of an answer.
  requires jdk.unsupported;

  provides io.picaflor.cli.verb.Verb with
      io.picaflor.examples.ChatCommand;
}
