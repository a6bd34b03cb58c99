package io.picaflor.tokenizer.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.tokenizer.template.TemplateException.Kind;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateErrorsTest {

  @Test
  void theTemplatesOwnRefusalReachesTheUserWordForWord() {
    TemplateException e = Rendered.failure("a\n{{ raise_exception('Roles must ' ~ 'alternate!') }}");
    assertEquals(Kind.RAISED, e.kind());
    assertEquals("Roles must alternate!", e.getMessage());
    assertEquals(2, e.line());
  }

  @Test
  void anErrorNamesLineAndColumnAndShowsTheLine() {
    TemplateException e = Rendered.failure("first\n  é{{ 1 + tools.x.y }}\nlast", Map.of("tools", Map.of()));
    assertEquals(Kind.EVALUATION, e.kind());
    assertEquals("template line 2, column 18: 'dict object' has no attribute 'x': é{{ 1 + tools.x.y }}",
        e.getMessage());
    assertEquals(2, e.line());
    assertEquals(18, e.column());
  }

  @Test
  void aLongLineIsShownInPart() {
    TemplateException e = Rendered.failure("x".repeat(500) + "{{ y.z }}" + "x".repeat(500));
    assertTrue(e.getMessage().length() < 250, e.getMessage());
    assertTrue(e.getMessage().contains("...") && e.getMessage().contains("{{ y.z }}"), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "{{ 1 + }}", "{{ n", "{{ 'abc }}", "a {# b", "{% if true %}a", "{% if true %}{% endfor %}", "x{% endif %}",
    "{% nosuch %}", "{{ n|nosuch }}",
    "{{ n is nosuch }}", "{% set 1 = 2 %}", "{% macro m( %}x{% endmacro %}", "{{ (1] }}", "{{ f(a=1, 2) }}",
    "{% break %}", "{% include 'x' %}",
    "{{ a b }}", "{{ '\\x4' }}", "{{ a ? b }}", "{% for x %}{% endfor %}", "{{ }}", "{% raw %}x",
    "{{ x is string is string }}",
    "{% for i in [] %}{% macro m() %}{% continue %}{% endmacro %}{% endfor %}",
  })
  void aBrokenTemplateIsRefusedWhenItIsParsed(String template) {
    TemplateException e = assertThrows(TemplateException.class, () -> ChatTemplate.parse(template));
    assertEquals(Kind.SYNTAX, e.kind());
    assertTrue(e.getMessage().startsWith("template line 1, column "), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "{{ x.y }}", "{{ x() }}", "{{ x + 'a' }}", "{{ x < 1 }}", "{{ -x }}", "{{ x|tojson }}", "{{ none + 'a' }}",
    "{{ none|length }}", "{{ 'a' + 1 }}",
    "{% for i in none %}{% endfor %}", "{{ none < 1 }}", "{{ 1 / 0 }}", "{{ 1 % 0 }}", "{{ 1.5 // 0 }}",
    "{{ [][0].role }}", "{{ 1 in 'abc' }}",
    "{{ [3, 'a']|sort }}", "{% set d.x = 1 %}", "{% for a, b in [(1, 2, 3)] %}{% endfor %}", "{{ 'abc'.index('z') }}",
    "{{ [1].append(2) }}",
    "{{ {}.update({}) }}", "{{ 'x'.__class__.y }}", "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{{ nosuch('x') }}",
    "{{ {}[[]].x }}", "{{ {[]: 1} }}",
    "{{ 'a'.join([1]) }}", "{{ '%d' % 'a' }}", "{{ range(1, 2, 0) }}", "{{ [1, 2][::0] }}", "{{ 5[1:] }}",
    "{{ strftime_now(1) }}", "{% if n|nosuch %}{% endif %}",
  })
  void whatHasNoValueIsAnError(String template) {
    TemplateException e = Rendered.failure(template);
    assertEquals(Kind.EVALUATION, e.kind(), e.getMessage());
  }

  @Test
  void anUnknownFilterUnderAnIfMattersOnlyWhenItIsReached() throws TemplateException {
    assertEquals("ok", Rendered.text("{% if x %}{{ n|nosuch }}{% endif %}ok"));
    assertEquals("1", Rendered.text("{{ n|nosuch if x else 1 }}"));
    assertEquals(Kind.EVALUATION, Rendered.failure("{% if not x %}{{ n|nosuch }}{% endif %}").kind());
    assertEquals(Kind.SYNTAX,
        Rendered.failure("{% if x %}{% for i in [] %}{{ n|nosuch }}{% endfor %}{% endif %}").kind());
  }

  @Test
  void aVariableThatIsNoJsonIsTheCallersMistake() {
    assertThrows(IllegalArgumentException.class, () -> Rendered.text("{{ x }}", Map.of("x", new Object())));
  }
}
