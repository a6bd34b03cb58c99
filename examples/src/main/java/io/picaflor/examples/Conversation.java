package io.picaflor.examples;

import io.picaflor.ChatMessage;
import io.picaflor.ChatSession;
import io.picaflor.ContextOverflowException;
import io.picaflor.FinishReason;
import io.picaflor.GenerationOptions;
import io.picaflor.Session;
import io.picaflor.Token;
import io.picaflor.TokenStream;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;

/** The turns of a chat: what the user enters goes to the model, or is a command. One thread at a time. */
final class Conversation {
  private static final String QUOTES = "\"\"\"";

  private final ChatSession chat;
  private final Supplier<GenerationOptions> options;
  private final ChatConsole console;
  private Optional<String> instructions = Optional.empty();
  private Optional<String> lastTimings = Optional.empty();

  /**
   * A conversation that nothing was said in yet.
   *
   * @param options how to choose the tokens of an answer; asked for each, so that seeds may differ
   */
  Conversation(ChatSession chat, Supplier<GenerationOptions> options, ChatConsole console) {
    this.chat = chat;
    this.options = options;
    this.console = console;
  }

  /** Goes on until the user leaves. */
  void run() throws IOException {
    boolean goesOn = true;
    while (goesOn) {
      Optional<String> line = console.readLine(false);
      if (line.isEmpty()) {
        return;
      }
      Optional<ChatCommandLine> command = ChatCommandLine.of(line.get());
      if (command.isPresent()) {
        goesOn = obey(command.get());
      } else {
        say(line.get().strip().startsWith(QUOTES) ? quoted(line.get().strip()) : line.get());
      }
    }
  }

  /** All lines of a text that is begun and ended by three quotation marks. */
  private String quoted(String first) throws IOException {
    StringBuilder text = new StringBuilder(first.substring(QUOTES.length()));
    while (text.indexOf(QUOTES) < 0) {
      Optional<String> line = console.readLine(true);
      if (line.isEmpty()) {
        return text.toString(); // what was entered before the end of the input counts
      }
      text.append('\n').append(line.get());
    }
    return text.substring(0, text.indexOf(QUOTES)).strip();
  }

  private void say(String text) {
    if (text.isBlank()) {
      return;
    }
    try (TokenStream answer = chat.send(text, options.get())) {
      show(answer);
    } catch (ContextOverflowException e) {
      console.failed("with this the conversation has " + e.tokens() + " tokens, but the context holds "
          + chat.session().contextLength() + ": say less, or begin a new one with /clear");
    } catch (IllegalArgumentException e) { // the template's own words
      console.failed(e.getMessage() + "; /clear begins a new conversation, /system one without instructions");
    }
  }

  private void show(TokenStream answer) {
    console.begin(answer);
    try {
      for (Token token : answer) {
        console.print(token.text());
      }
    } finally {
      console.end();
    }
    lastTimings = Optional.of(answer.timings().toString());
    FinishReason reason = answer.finishReason().orElseThrow();
    if (reason == FinishReason.CONTEXT_FULL) {
      console.note("the context of " + chat.session().contextLength()
          + " tokens is full: /clear begins a new conversation");
    } else if (reason == FinishReason.CANCELLED) {
      console.note("(stopped)");
    }
  }

  /** Does what a command says; whether the conversation goes on. */
  private boolean obey(ChatCommandLine line) {
    if (line.command().isEmpty()) {
      console.note(line.name() + ": no such command; /help lists them");
      return true;
    }
    switch (line.command().get()) {
      case HELP -> {
        ChatCommandLine.help().forEach(console::note);
        console.note(QUOTES + "                  begins and ends a text of several lines");
      }
      case CLEAR -> {
        begin();
        console.note("a new conversation");
      }
      case SYSTEM -> {
        instruct(line.rest());
        console.note("a new conversation, " + (instructions.isPresent() ? "with" : "without") + " instructions");
      }
      case STATS -> stats();
      case BYE -> {
        return false;
      }
    }
    return true;
  }

  /** Begins anew with instructions for the model; with none if the text is empty. */
  void instruct(String text) {
    instructions = text.isBlank() ? Optional.empty() : Optional.of(text);
    begin();
  }

  private void begin() {
    chat.clear();
    instructions.ifPresent(text -> chat.add(ChatMessage.system(text)));
  }

  private void stats() {
    Session session = chat.session();
    console.note(lastTimings.orElse("no answer yet"));
    console.note("context: " + session.position() + " of " + session.contextLength() + " tokens");
  }
}
