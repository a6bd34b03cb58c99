package io.picaflor.tokenizer.template;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;

/** Short ways to render a template in a test. */
final class Rendered {
  private Rendered() {}

  static String text(String template) throws TemplateException {
    return text(template, Map.of());
  }

  static String text(String template, Map<String, ?> variables) throws TemplateException {
    return ChatTemplate.parse(template).render(variables);
  }

  /** What stops the template, in parsing or rendering. */
  static TemplateException failure(String template, Map<String, ?> variables) {
    return assertThrows(TemplateException.class, () -> ChatTemplate.parse(template).render(variables), template);
  }

  static TemplateException failure(String template) {
    return failure(template, Map.of());
  }
}
