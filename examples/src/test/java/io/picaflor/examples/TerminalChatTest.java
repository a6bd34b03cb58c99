package io.picaflor.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ChatMessage;
import io.picaflor.ChatSession;
import io.picaflor.GenerationOptions;
import io.picaflor.Model;
import io.picaflor.ModelOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.DumbTerminal;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A chat on JLine's dumb terminal: keys in, screen out. */
@Timeout(60)
class TerminalChatTest {
  private static final String CTRL_C = "\u0003";
  private static final String CTRL_D = "\u0004";
  private static final GenerationOptions OPTIONS = GenerationOptions.GREEDY.withMaxNewTokens(12);

  private static Model model;
  private ChatSession chat;

  @BeforeAll
  static void load() throws IOException {
    model = Model.load(DemoFile.path(), ModelOptions.DEFAULT.withThreads(2));
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  @BeforeEach
  void begin() {
    chat = model.newChat();
  }

  @AfterEach
  void end() {
    chat.close();
  }

  /** A terminal's screen, on which the first answer's first words press Ctrl-C if that is asked for. */
  private static final class Screen extends ByteArrayOutputStream {
    private Terminal interrupted;

    @Override
    public synchronized void flush() {
      if (interrupted != null && toString(StandardCharsets.UTF_8).contains("Once upon")) {
        interrupted.raise(Terminal.Signal.INT);
        interrupted = null;
      }
    }
  }

  /** A terminal whose keys have the meaning they have on a real one. */
  private static Terminal terminal(String keys, Screen screen) throws IOException {
    ByteArrayInputStream typed = new ByteArrayInputStream(keys.getBytes(StandardCharsets.UTF_8));
    Terminal terminal = new DumbTerminal("test", "ansi", typed, screen, StandardCharsets.UTF_8);
    Attributes attributes = terminal.getAttributes();
    attributes.setLocalFlag(Attributes.LocalFlag.ISIG, true);
    attributes.setControlChar(Attributes.ControlChar.VINTR, CTRL_C.charAt(0));
    attributes.setControlChar(Attributes.ControlChar.VEOF, CTRL_D.charAt(0));
    terminal.setAttributes(attributes);
    return terminal;
  }

  private String type(String keys, GenerationOptions options, boolean interrupt) throws IOException {
    Screen screen = new Screen();
    Terminal terminal = terminal(keys, screen);
    try (TerminalConsole console = new TerminalConsole(terminal)) {
      screen.interrupted = interrupt ? terminal : null;
      new Conversation(chat, () -> options, console).run();
    }
    return screen.toString(StandardCharsets.UTF_8);
  }

  private List<String> said() {
    return chat.messages().stream().filter(message -> message.role().equals("user")).map(ChatMessage::content).toList();
  }

  @Test
  void answersAppearBetweenPromptsAndByeLeaves() throws IOException {
    String screen = type("Tell me a story about a fox\n/bye\nnever said\n", OPTIONS, false);
    assertTrue(screen.contains("Once upon a time, there was a small fox."), screen);
    assertTrue(screen.indexOf(">>> ") < screen.indexOf("Once"), screen);
    assertEquals(List.of("Tell me a story about a fox"), said());
  }

  @Test
  void ctrlDLeaves() throws IOException {
    type("/stats\n" + CTRL_D + "never said\n", OPTIONS, false);
    assertEquals(List.of(), said());
  }

  @Test
  void ctrlCDropsALineAndLeavesAtAnEmptyOne() throws IOException {
    String screen = type("half a line" + CTRL_C + "/stats\n" + CTRL_C + "never said\n", OPTIONS, false);
    assertTrue(screen.contains("no answer yet"), screen);
    assertEquals(List.of(), said());
  }

  @Test
  void ctrlCStopsTheAnswerAndTheConversationGoesOn() throws IOException {
    GenerationOptions endless = GenerationOptions.GREEDY.withMaxNewTokens(300);
    String screen = type("Tell me a story about a fox\n/stats\n", endless, true);
    assertTrue(screen.contains("(stopped)"), screen);
    assertTrue(screen.indexOf("(stopped)") < screen.indexOf("context: "), screen);
    String answer = chat.messages().getLast().content();
    assertTrue(answer.startsWith("Once upon") && answer.length() < 60, "as far as it was read: " + answer);
  }

  @Test
  void whatIsTypedIsWhatIsSaid() throws IOException {
    String odd = "it's \"so\\so\" !! !1 $x `y` \\";
    type(odd + "\n\"\"\"two\nlines\"\"\"\n", OPTIONS.withMaxNewTokens(1), false);
    assertEquals(List.of(odd, "two\nlines"), said());
  }

  @Test
  void aModelsWordsDoNotSteerTheTerminal() throws IOException {
    Screen screen = new Screen();
    try (TerminalConsole console = new TerminalConsole(terminal("", screen))) {
      console.print("a\u001b]0;title\u0007b\tc\nd\u009be");
    }
    String shown = screen.toString(StandardCharsets.UTF_8);
    assertTrue(shown.contains("a\uFFFD]0;title\uFFFDb\tc"), shown);
    assertFalse(shown.contains("\u001b]0;title"), shown);
  }

  @Test
  void aFullContextIsSaidAndTheChatGoesOn() throws IOException {
    try (ChatSession small = model.newChat(model.newSession(24))) {
      Screen screen = new Screen();
      Terminal terminal = terminal("Tell me a story about a fox\nAnd then?\n/clear\n/stats\n", screen);
      try (TerminalConsole console = new TerminalConsole(terminal)) {
        new Conversation(small, () -> OPTIONS, console).run();
      }
      String shown = screen.toString(StandardCharsets.UTF_8);
      assertTrue(shown.contains("the context of 24 tokens is full: /clear begins a new conversation"), shown);
      assertTrue(shown.contains("but the context holds 24"), shown);
      assertTrue(shown.contains("context: 0 of 24 tokens"), shown);
    }
  }
}
