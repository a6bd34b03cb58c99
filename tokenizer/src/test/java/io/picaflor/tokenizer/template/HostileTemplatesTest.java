package io.picaflor.tokenizer.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.tokenizer.template.TemplateException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates and requests that ask for too much end with a clear refusal, soon. */
class HostileTemplatesTest {

  private static void refusesInTime(String template, Map<String, ?> variables) {
    assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
      TemplateException e = assertThrows(TemplateException.class, () -> ChatTemplate.parse(template).render(variables));
      assertEquals(Kind.LIMIT, e.kind(), e.getMessage());
    });
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "{{ 'x' * 10 ** 9 }}", "{{ ['x'] * 1000000000 }}", "{{ range(10 ** 9) }}", "{{ 10 ** (10 ** 10) }}",
    "{{ 'x'.center(2000000000) }}",
    "{{ 'x'|center(2000000000) }}", "{{ 'x'.zfill(2000000000) }}", "{{ 'x'.ljust(2000000000) }}",
    "{{ '%2000000000d' % 1 }}", "{{ '%999999999d' % 1 }}",
    "{{ '%.999999999f' % 1.5 }}", "{{ '{:>999999999}'.format('x') }}", "{{ '{:.999999999f}'.format(1.5) }}",
    "{{ 'a\\nb'|indent(2000000000) }}",
    "{{ [1]|tojson(indent=2000000000) }}", "{{ [1]|batch(2000000000, 'x')|list }}", "{{ [1]|slice(2000000000)|list }}",
    "{{ '\\t'.expandtabs(2000000000) }}",
    "{{ 1.5|round(2000000000) }}", "{{ 2 ** 10000 ** 2 }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m(x) %}{{ x }}{{ n(x) }}{% endmacro %}{% macro n(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}",
    "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
    "{% set ns = namespace(x='x') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x='x') %}{% for i in range(100) %}{% set ns.x = ns.x.replace('x', 'xx') %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x|tojson }}",
    "{% set ns = namespace(x=[], y=[]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
    "{% set ns = namespace(x=[], y=[]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x < ns.y }}",
    "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
    "{% set ns = namespace(x=['a']) %}{% for i in range(5000) %}{% set ns.x = ns.x|map('upper') %}{% endfor %}{{ ns.x|list }}",
    "{% set s = 'ab' * 1000000 %}{% for i in range(100000) %}{{ 'z' in s }}{% endfor %}",
    "{% set s = 'ab' * 1000000 %}{% for i in range(100000) %}{{ s.count('b') }}{% endfor %}",
    "{% set s = 'ab' * 1000000 %}{% for i in range(100000) %}{{ s[5] is upper }}{{ s|wordcount }}{% endfor %}",
    "{% set n = 9 ** 4000 %}{% for i in range(100000) %}{% for j in range(100) %}{% set x = n * n // n %}{% endfor %}{% endfor %}",
    "{% set l = range(100000)|list %}{% for i in l %}{{ -1 in l }}{% endfor %}",
    "{% for i in range(100000) %}{% set x = 'a' * 100000 %}{% endfor %}",
    "{% set l = ['a' * 4000] * 40000 %}{{ l|join }}",
  })
  void aTemplateThatAsksForTooMuchIsStopped(String template) {
    refusesInTime(template, Map.of());
  }

  @ParameterizedTest
  @CsvSource(quoteCharacter = '`', ignoreLeadingAndTrailingWhitespace = false, value = {
    "(,)", "[,]", "{'a':,}", "not ,``", "-,``", "x[,]", "f(,)", "1 if 1 else ,``", "x is in (,)", "x|default(,)",
  })
  void deepNestingIsRefusedByTheParser(String open, String close) {
    refusesInTime("{{ " + open.repeat(50_000) + "1" + close.repeat(50_000) + " }}", Map.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"{% if 1 %}", "{% for x in [1] %}", "{% macro m() %}", "{% filter upper %}", "{% set x %}",
    "{% generation %}", "{% with %}"})
  void deeplyNestedTagsAreRefusedByTheParser(String open) {
    refusesInTime(open.repeat(50_000), Map.of());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {".a", "[0]", "|upper", " - 1", " * 1", " ** 1", " and 1", " or 1", "()", " if 1", " is string or 1"})
  void longChainsAreRefusedByTheParser(String link) {
    refusesInTime("{{ 1" + link.repeat(50_000) + " }}", Map.of());
  }

  @Test
  void longSumsAndConcatenationsAreNoProblem() throws TemplateException {
    assertEquals("20001", Rendered.text("{{ 1" + " + 1".repeat(20_000) + " }}"));
    assertEquals("1".repeat(20_001), Rendered.text("{{ 1" + " ~ 1".repeat(20_000) + " }}"));
  }

  @Test
  void deepTargetsAreRefusedByTheParser() {
    refusesInTime("{% for " + "(".repeat(50_000) + "a" + ")".repeat(50_000) + " in x %}", Map.of());
    refusesInTime("{% set " + "(".repeat(50_000) + "a" + ")".repeat(50_000) + " = 1 %}", Map.of());
  }

  @Test
  void aRequestThatIsNestedTooDeeplyIsRefused() {
    Object value = "x";
    for (int i = 0; i < 100_000; i++) {
      value = List.of(value);
    }
    refusesInTime("{{ v }}", Map.of("v", value));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '@', value = {
    "{% set ns.x = ns.x|map('upper') %}@more than 100 filters draw on one another",
    "{% set ns.x = [ns.x] %}{% set ns.t = ns.x|string %}@nested more than 200 deep",
    "{% set ns.x = [ns.x] %}{% set ns.t = ns.x|tojson %}@nested more than 200 deep",
  })
  void depthIsCountedAndNotLeftToTheStack(String round, String message) {
    String template =
        "{% set ns = namespace(x=['a']) %}{% for i in range(500) %}" + round + "{% endfor %}{{ ns.x|list }}";
    TemplateException e = Rendered.failure(template);
    assertEquals(Kind.LIMIT, e.kind());
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void aRequestThatContainsItselfIsRefused() {
    List<Object> list = new ArrayList<>();
    list.add(list);
    refusesInTime("{{ v }}", Map.of("v", list));
  }

  @Test
  void tooMuchSourceIsRefused() {
    refusesInTime("x".repeat(ChatTemplate.MAX_SOURCE_CHARS + 1), Map.of());
  }

  @Test
  void aSmallStackGivesTheSameKindOfRefusal() throws InterruptedException {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    Thread small = new Thread(null, () -> {
      try {
        ChatTemplate.parse("{% macro m() %}{{ [[[[[m()]]]]] }}{% endmacro %}{{ m() }}").render(Map.of());
      } catch (Throwable e) {
        seen.set(e);
      }
    }, "small", 200_000);
    small.start();
    small.join();
    assertNotNull(seen.get());
    assertEquals(TemplateException.class, seen.get().getClass(), () -> seen.get().toString());
  }

  @Test
  void anOrderWithoutLogicIsNoCrash() throws TemplateException {
    String nan = "{% set x = 'nan'|float %}{{ ([3, x, 1] * 50)|sort|length }}";
    assertEquals("150", Rendered.text(nan));
  }

  @Test
  void aDeepMacroRecursionThatIsUsefulIsAllowed() throws TemplateException {
    String template = "{% macro m(x) %}{% if x > 0 %}({{ m(x - 1) }}){% endif %}{% endmacro %}{{ m(60) }}";
    assertEquals("(".repeat(60) + ")".repeat(60), Rendered.text(template));
  }
}
