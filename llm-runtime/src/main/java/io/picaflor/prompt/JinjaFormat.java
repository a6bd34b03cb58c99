package io.picaflor.prompt;

import io.picaflor.ChatMessage;
import io.picaflor.tokenizer.PromptPart;
import io.picaflor.tokenizer.template.ChatTemplate;
import io.picaflor.tokenizer.template.TemplateException;
import io.picaflor.tokenizer.template.TrustedText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The file's chat template in Jinja, rendered as Hugging Face does it.
 *
 * <p>The template sees {@code messages}, {@code add_generation_prompt}, and the texts of the start token and the first stop
 * token as {@code bos_token} and {@code eos_token}. It is parsed when it is first used.
 */
public final class JinjaFormat implements PromptFormat {
  private final String source;
  private final Map<String, Object> tokens = new HashMap<>();
  private volatile ChatTemplate template;

  /**
   * A format of this template.
   *
   * @param startToken the start token's text
   * @param endToken the text of the token that ends an answer
   */
  public JinjaFormat(String source, Optional<String> startToken, Optional<String> endToken) {
    this.source = source;
    startToken.ifPresent(text -> tokens.put("bos_token", new TrustedText(text)));
    endToken.ifPresent(text -> tokens.put("eos_token", new TrustedText(text)));
  }

  @Override
  public List<PromptPart> render(List<ChatMessage> messages) {
    List<Map<String, Object>> turns = new ArrayList<>();
    for (ChatMessage message : messages) {
      Map<String, Object> turn = new LinkedHashMap<>();
      turn.put("role", message.role());
      turn.put("content", message.content());
      turns.add(turn);
    }
    Map<String, Object> variables = new HashMap<>(tokens);
    variables.put("messages", turns);
    variables.put("add_generation_prompt", true);
    try {
      return template().renderParts(variables).stream().map(run -> new PromptPart(run.text(), run.trusted())).toList();
    } catch (TemplateException e) {
      throw new IllegalArgumentException("the model's chat template: " + e.getMessage(), e);
    }
  }

  private ChatTemplate template() throws TemplateException {
    if (template == null) {
      template = ChatTemplate.parse(source); // two threads may both parse it: the results are equal
    }
    return template;
  }

  @Override
  public String description() {
    return "the file's Jinja template";
  }
}
