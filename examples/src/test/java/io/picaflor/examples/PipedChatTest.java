package io.picaflor.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ChatSession;
import io.picaflor.GenerationOptions;
import io.picaflor.Model;
import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.Interruption;
import io.picaflor.cli.verb.WrongUsageException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code picaflor chat} with stdin that is no terminal, on the embedded model. */
class PipedChatTest {
  private static final String FOX = "Once upon a time, there was a small fox.";
  private static final String CAT = "Once upon a time, there was a small cat.";

  /** What the verb printed, its exit status, and the message of the exception that ended it. */
  private record Chat(int status, String out, String err, String failure) {}

  private static Chat chat(String input, String... arguments) throws Exception {
    StringBuilder failure = new StringBuilder();
    List<String> all = new ArrayList<>(List.of("--temperature", "0"));
    all.addAll(Arrays.asList(arguments));
    if (!all.contains("-n")) {
      all.addAll(List.of("-n", "12"));
    }
    Printed printed = Printed.by(input, () -> {
      try {
        ChatCommand command = new ChatCommand();
        return command.run(Arguments.parse(command.syntax(), all));
      } catch (WrongUsageException e) {
        failure.append(e.getMessage());
        return 2;
      } catch (IOException | RuntimeException e) {
        failure.append(e.getMessage());
        return 1;
      }
    });
    return new Chat((Integer) printed.result(), printed.out(), printed.err(), failure.toString());
  }

  @Test
  void eachLineIsATurnAndOnlyAnswersAreOnStdout() throws Exception {
    Chat chat = chat("Tell me a story about a fox\n\nTell me a story about a cat");
    List<String> answers = chat.out().lines().toList();
    assertEquals(2, answers.size(), chat.out());
    assertTrue(answers.get(0).startsWith(FOX), chat.out());
    assertTrue(answers.get(1).startsWith(CAT), chat.out());
    assertEquals("", chat.err());
    assertEquals(0, chat.status());
  }

  @Test
  void commandsAnswerOnStderrAndByeLeaves() throws Exception {
    Chat chat = chat("/stats\n/help\n/fly away\n/bye\nTell me a story about a fox\n");
    assertEquals("", chat.out());
    assertTrue(chat.err().contains("no answer yet") && chat.err().contains("context: 0 of 512 tokens"), chat.err());
    assertTrue(chat.err().contains("/system TEXT") && chat.err().contains("/bye, /exit, /quit"), chat.err());
    assertTrue(chat.err().contains("picaflor: /fly: no such command; /help lists them\n"), chat.err());
    assertEquals(0, chat.status());
  }

  @Test
  void statsTellsOfTheLastAnswerAndTheContext() throws Exception {
    Chat chat = chat("Tell me a story about a fox\n/stats\n");
    assertTrue(chat.err().contains("prompt 18 tokens") && chat.err().contains("context: 30 of 512 tokens"), chat.err());
  }

  @Test
  void clearForgetsAndTheSameQuestionGetsTheSameAnswer() throws Exception {
    Chat chat = chat("Tell me a story about a fox\n/clear\n/stats\nTell me a story about a fox\n/quit\n");
    List<String> answers = chat.out().lines().toList();
    assertEquals(answers.get(0), answers.get(1));
    assertTrue(chat.err().contains("context: 0 of 512"), chat.err());
  }

  @Test
  void systemBeginsAnewAndIsPartOfEachPromptUntilItIsTakenBack() throws Exception {
    String question = "Tell me a story about a fox\n/stats\n";
    Chat chat = chat("/system Speak of cats.\n" + question + "/system\n" + question, "-n", "1");
    List<String> prompts = chat.err().lines().filter(line -> line.contains("context: ")).toList();
    int with = Integer.parseInt(prompts.get(0).replaceAll(".*context: (\\d+) .*", "$1"));
    int without = Integer.parseInt(prompts.get(1).replaceAll(".*context: (\\d+) .*", "$1"));
    assertEquals(19, without);
    assertTrue(with > without, chat.err());
  }

  @Test
  void quotationMarksHoldManyLinesTogether() throws Exception {
    String quotes = "\"\"\"";
    String question = "Tell me a story about a fox";
    Chat chat = chat(
        quotes + "\n" + question + "\n" + quotes + "\n/stats\n" + quotes + question + quotes + "\n", "-n", "2");
    assertEquals(2, chat.out().lines().count(), chat.out());
    assertTrue(chat.err().contains("prompt 18 tokens"), "the marks are no part of the text: " + chat.err());
  }

  @Test
  void aFullContextIsSaidWithWhatToDo() throws Exception {
    Chat chat = chat("Tell me a story about a fox\nTell me a story about a cat\n", "--context", "24", "-n", "100");
    assertEquals(1, chat.out().lines().count(), chat.out());
    assertEquals("picaflor: the context of 24 tokens is full: /clear begins a new conversation\n", chat.err());
    String failure = "with this the conversation has \\d+ tokens, but the context holds 24:.* /clear";
    assertTrue(chat.failure().matches(failure), chat.failure());
    assertEquals(1, chat.status());
  }

  @Test
  void anInterruptedAnswerIsTheLast() throws Exception {
    PrintStream out = System.out;
    PrintStream err = System.err;
    InputStream in = System.in;
    ByteArrayOutputStream noted = new ByteArrayOutputStream();
    ByteArrayOutputStream printed = new ByteArrayOutputStream() {
      @Override
      public synchronized void write(byte[] bytes, int offset, int length) {
        super.write(bytes, offset, length);
        Thread.currentThread().interrupt(); // as soon as the answer has begun
      }
    };
    try {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(noted, true, StandardCharsets.UTF_8));
      String input = "Tell me a story about a fox\nAnd then?\n";
      System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
      try (Model model = Model.load(DemoFile.path()); ChatSession chat = model.newChat()) {
        new Conversation(chat, () -> GenerationOptions.GREEDY, new PipedConsole()).run();
        assertTrue(Thread.interrupted(), "the interrupt is kept");
        assertEquals(2, chat.messages().size(), "one question, one answer");
      }
    } finally {
      System.setOut(out);
      System.setErr(err);
      System.setIn(in);
      Interruption.watchNone(); // no signal follows here
    }
    assertEquals("picaflor: (stopped)\n", noted.toString(StandardCharsets.UTF_8));
    assertEquals("Once\n", printed.toString(StandardCharsets.UTF_8));
  }

  @Test
  void aFileWithoutTemplateIsRefused(@TempDir Path folder) throws Exception {
    byte[] demo = Files.readAllBytes(DemoFile.path());
    int magic = new String(demo, StandardCharsets.ISO_8859_1).indexOf("TFL3");
    Path graph = Files.write(folder.resolve("graph.tflite"), Arrays.copyOfRange(demo, magic - 4, demo.length));
    Chat chat = chat("Tell me a story about a fox\n", "--model", graph.toString());
    assertEquals(1, chat.status());
    assertTrue(chat.failure().contains("graph.tflite") && chat.failure().contains("no chat template"), chat.failure());
    assertFalse(chat.failure().contains("\n"), chat.failure());
    assertEquals("", chat.out());
  }

  @Test
  void valuesOutOfRangeAreWrongUsage() throws Exception {
    Chat chat = chat("Tell me a story about a fox\n", "--top-p", "7");
    assertEquals(2, chat.status());
    assertEquals("topP: expected above 0 and at most 1, found 7.0", chat.failure());
    assertEquals("threads: expected one number, found [1, 2]", chat("", "--threads", "1,2").failure());
  }
}
