package io.picaflor.prompt;

import io.picaflor.ChatMessage;
import io.picaflor.tokenizer.PromptPart;
import java.util.List;

/**
 * Turns a conversation into a prompt. Immutable, safe for many threads.
 *
 * <p>Scaffold and content are kept apart: only the scaffold's parts are trusted, so that what a user says never becomes a
 * control token.
 */
public interface PromptFormat {
  /**
   * The prompt that asks for the next answer.
   *
   * @param messages the conversation so far, oldest first; the last one is the user's
   * @throws IllegalArgumentException if the format has no place for a role, or refuses the conversation
   */
  List<PromptPart> render(List<ChatMessage> messages);

  /** Where the format comes from, for people. */
  String description();
}
