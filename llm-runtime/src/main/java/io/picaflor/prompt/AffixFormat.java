package io.picaflor.prompt;

import io.picaflor.ChatMessage;
import io.picaflor.model.LlmMetadata;
import io.picaflor.tokenizer.PromptPart;
import java.util.ArrayList;
import java.util.List;

/**
 * The file's prefix and suffix of each role: a turn is {@code user.prefix + text + user.suffix + model.prefix}, and after an
 * answer {@code model.suffix} belongs to the history ({@code FORMATS.md}, 3.1).
 */
public final class AffixFormat implements PromptFormat {
  private final LlmMetadata.PromptTemplates templates;

  /** A format of these affixes. */
  public AffixFormat(LlmMetadata.PromptTemplates templates) {
    this.templates = templates;
  }

  @Override
  public List<PromptPart> render(List<ChatMessage> messages) {
    List<PromptPart> parts = new ArrayList<>();
    for (ChatMessage message : messages) {
      LlmMetadata.Affixes affixes = affixes(message.role());
      scaffold(parts, affixes.prefix());
      parts.add(new PromptPart(message.content(), false));
      scaffold(parts, affixes.suffix());
    }
    scaffold(parts, templates.model().prefix());
    return parts;
  }

  private LlmMetadata.Affixes affixes(String role) {
    return switch (role) {
      case "user" -> templates.user();
      case "assistant" -> templates.model();
      case "system" -> templates.system();
      default -> throw new IllegalArgumentException(
          "role '" + role + "': the model's prompt template knows system, user and assistant");
    };
  }

  private static void scaffold(List<PromptPart> parts, String text) {
    if (!text.isEmpty()) {
      parts.add(new PromptPart(text, true));
    }
  }

  @Override
  public String description() {
    return "the file's prefixes and suffixes";
  }
}
