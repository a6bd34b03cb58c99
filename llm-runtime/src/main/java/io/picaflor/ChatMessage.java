package io.picaflor;

import java.util.Objects;

/**
 * What somebody said in a conversation.
 *
 * @param role who: {@code system}, {@code user} or {@code assistant}
 * @param content what
 */
public record ChatMessage(String role, String content) {
  public ChatMessage {
    Objects.requireNonNull(role);
    Objects.requireNonNull(content);
  }

  /** Instructions that stand before a conversation. */
  public static ChatMessage system(String content) {
    return new ChatMessage("system", content);
  }

  /** What the user said. */
  public static ChatMessage user(String content) {
    return new ChatMessage("user", content);
  }

  /** What the model answered. */
  public static ChatMessage assistant(String content) {
    return new ChatMessage("assistant", content);
  }
}
