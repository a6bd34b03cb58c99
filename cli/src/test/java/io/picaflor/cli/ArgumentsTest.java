package io.picaflor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import java.util.HashSet;
import java.util.Set;
import org.apache.commons.cli.Option;
import org.junit.jupiter.api.Test;

/** What may be said to the program, what its help says, and what it says of words that it does not understand. */
class ArgumentsTest {

  @Test
  void everyVerbHasAHelpThatNamesItsOptionsAndFitsIntoATerminal() {
    for (Verb verb : new AllVerbs(0).verbs()) {
      Program help = Program.run(verb.name(), "--help");
      assertEquals(0, help.status());
      assertTrue(help.out().startsWith("Usage: picaflor " + verb.name()), help.out());
      for (Option option : verb.syntax().options()) {
        assertTrue(help.out().contains("--" + option.getLongOpt()), verb.name() + ": " + option);
      }
      help.out().lines().takeWhile(line -> !line.equals("Examples:"))
          .forEach(line -> assertTrue(line.length() <= 80, line));
      assertEquals(help, Program.run("help", verb.name()));
    }
  }

  @Test
  void noVerbGivesANameToTwoOptions() {
    for (Verb verb : new AllVerbs(0).verbs()) {
      Set<String> names = new HashSet<>();
      for (Option option : Picaflor.syntax(verb).options()) {
        assertTrue(names.add("--" + option.getLongOpt()), verb.name() + ": " + option);
        assertTrue(option.getOpt() == null || names.add("-" + option.getOpt()), verb.name() + ": " + option);
      }
    }
  }

  @Test
  void withoutWordsTheHelpGoesToStderr() {
    Program none = Program.run();
    assertEquals(2, none.status());
    assertEquals("", none.out());
    Program help = Program.run("--help");
    assertEquals(0, help.status());
    assertEquals(none.err(), help.out());
    assertTrue(help.out().contains("\n  tokenize ") && help.out().contains("\n  cache "), help.out());
  }

  @Test
  void helpAndVersionNeedNothingElse() {
    assertTrue(Program.run("--version").out().startsWith("picaflor "));
    assertEquals(Program.run("--version"), Program.run("run", "-V"));
    assertEquals(0, Program.run("render", "-h").status());
    assertEquals(0, Program.run("run", "--threads", "many", "--help").status());
  }

  @Test
  void optionsAreWrittenInAllUsualWays() {
    String text = "a small fox";
    String ids = Program.run("tokenize", text).out().strip();
    int comma = ids.indexOf(',');
    for (String[] words : new String[][] {
      {"tokenize", "--decode", ids}, {"tokenize", "--decode=" + ids},
      {"tokenize", "--decode", ids.substring(0, comma), "--decode=" + ids.substring(comma + 1)}}) {
      assertEquals(text + "\n", Program.run(words).out());
    }
    assertEquals(Program.run("tokenize", text), Program.run("tokenize", "--", text));
  }

  @Test
  void textIsTakenAsItStands() {
    for (String text : new String[] {"\"quoted\"", "@file", "a=b", "1,2", "-"}) {
      Program ids = Program.run("tokenize", text);
      assertEquals(text + "\n", Program.run("tokenize", "--decode", ids.out().strip()).out());
    }
    assertEquals(0, Program.run("tokenize", "--", "--jsonl").status());
  }

  @Test
  void whatIsWrongIsNamed() {
    assertRefused("unknown verb 'fly'; see picaflor --help", "fly");
    assertRefused("unknown verb 'fly'; see picaflor --help", "help", "fly");
    assertRefused("unknown verb 'fly'; see picaflor cache --help", "cache", "fly");
    assertRefused("unknown option '--js'; see picaflor run --help", "run", "--js", "x");
    assertRefused("unknown option '--json=yes'; see picaflor run --help", "run", "--json=yes", "x");
    assertRefused("one argument too many: 'y'; see picaflor run --help", "run", "x", "y");
    assertRefused("--model: expected FILE behind it, found nothing; see picaflor run --help", "run", "x", "-m");
    assertRefused("--top-k: expected a whole number, found '1.5'; see picaflor run --help", "run", "--top-k=1.5", "x");
    assertRefused("--seed: expected a whole number, found 'x'; see picaflor run --help", "run", "-sx", "y");
    assertRefused("--top-p: expected a number, found 'all'; see picaflor run --help", "run", "--top-p", "all", "x");
    assertRefused("--threads: expected a whole number, found ''; see picaflor run --help", "run", "-t", "1,", "x");
    assertRefused("--kv: expected it once, found it 2 times; see picaflor run --help", "run", "--kv", "f32",
        "--kv=f32");
    assertRefused("missing: --template=FILE, --jsonl; see picaflor render --help", "render");
    assertRefused("missing: --jsonl; see picaflor score --help", "score");
    assertRefused("give NAME or --all, one of them; see picaflor cache rm --help", "cache", "rm");
  }

  private static void assertRefused(String message, String... words) {
    assertEquals(new Program(2, "", "picaflor: " + message + "\n"), Program.run(words));
  }
}
