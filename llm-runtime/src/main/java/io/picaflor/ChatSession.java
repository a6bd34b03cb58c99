package io.picaflor;

import io.picaflor.prompt.PromptFormat;
import java.util.ArrayList;
import java.util.List;

/**
 * A conversation: keeps its messages and puts them through the model's own prompt format.
 *
 * <p>What the context shares with the new prompt is not computed again. Thread rule as {@link Session}.
 */
public final class ChatSession implements AutoCloseable {
  private final Session session;
  private final PromptFormat format;
  private final List<ChatMessage> messages = new ArrayList<>();
  private TokenStream answer;

  ChatSession(Session session, PromptFormat format) {
    this.session = session;
    this.format = format;
  }

  /** Adds a message without asking for an answer, such as {@link ChatMessage#system} at the beginning. */
  public ChatSession add(ChatMessage message) {
    takeAnswer();
    messages.add(message);
    return this;
  }

  /**
   * Says something and asks for the answer. The answer becomes part of the conversation, as far as it was read.
   *
   * @throws IllegalArgumentException if the text is empty, or the format refuses the conversation
   * @throws ContextOverflowException if the conversation does not fit into the context; it is as it was
   */
  public TokenStream send(String text, GenerationOptions options) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("the prompt is empty");
    }
    takeAnswer();
    messages.add(ChatMessage.user(text));
    try {
      answer = session.generate(format.render(messages), options);
    } catch (RuntimeException e) {
      messages.removeLast();
      throw e;
    }
    return answer;
  }

  /** The conversation so far; the last answer as far as it was read. */
  public List<ChatMessage> messages() {
    takeAnswer();
    return List.copyOf(messages);
  }

  private void takeAnswer() {
    if (answer != null) {
      answer.close();
      messages.add(ChatMessage.assistant(answer.text()));
      answer = null;
    }
  }

  /** Forgets the conversation. */
  public void clear() {
    takeAnswer();
    messages.clear();
    session.rewind(0);
  }

  /** The session underneath, for its position and length. */
  public Session session() {
    return session;
  }

  /** Closes the session. */
  @Override
  public void close() {
    session.close();
  }
}
