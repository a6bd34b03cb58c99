package io.picaflor.tokenizer.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever is done to a template, the only exception is the documented one, and the runs are the text. */
class TemplatePropertiesTest {
  private static final String SEED =
      """
          {%- set ns = namespace(found=false, text='') -%}
          {% macro show(x, pad='  ') %}{{ pad }}{% if x is mapping %}{% for k, v in x|dictsort %}{{ k|upper }}: {{ show(v, pad ~ '  ') }}{% endfor %}
          {% elif x is string %}{{ x.strip().split(',')[::-1]|join(';')|replace('a', 'b') }}{% else %}{{ x|tojson(indent=2) }}{% endif %}{% endmacro %}
          {{- bos }}{# note #}
          {% for m in messages if m.role != 'none' -%}
            {% set content = m['content'] or '' %}
            {% if loop.first and m.role == 'system' %}{% set ns.text = content[1:-1] %}{% continue %}{% endif %}
            {{ '<|' + m.role + '|>' }}{{ "%s %5.2f" % (content, loop.index / 3) }}{{ '{:>9}|{x}'.format(content|length, x=loop.last) }}
            {% for c in content|list|unique %}{{ c ~ (loop.index0 * 2 - 1) }}{% if loop.index > 3 %}{% break %}{% endif %}{% else %}-{% endfor %}
            {% set cap %}{{ show(m) }}{% endset %}{{ cap|trim|indent(2)|title }}{{ content.upper().partition('E') }}
            {% filter lower %}{{ ns.text }}{{ m.items() }}{% endfilter %}{{ range(2, 9, 3)|map('string')|sort(reverse=true)|list + [1.5, none, -n ** 2 // 3 % 7] }}
          {%- endfor %}{{ messages|selectattr('role', 'in', ['user', 'x'])|map(attribute='content')|join(', ') if n is odd and not ns.found else 'even' }}
          {{ tools|default([])|length }}{% generation %}{{ (bos ~ u|e)[2:] * 2 }}{% endgeneration %}{% raw %}{{ raw }}{% endraw %}
          """;

  private static final Map<String, Object> VARIABLES = Map.of(
      "bos", new TrustedText("<s>"), "n", 7, "u", "a<b>é🐦ß",
      "messages", List.of(
          Map.of("role", "system", "content", "Be brief, é🐦."),
          Map.of("role", "user", "content", "a, b {{ x }} <|x|>"),
          Map.of("role", "assistant", "content", "ab", "calls", List.of(Map.of("a", 1, "b", List.of(1.5, true))))));

  private static final String[] PIECES = {
    "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", "(", ")", "[", "]", "{", "}", "|", ".", ",", ":", "~", "**", "//",
    "%", "'", "\"", "\\", "\n", " ", "0", "9e9",
    "not ", " in ", " is ", " if ", " else ", "loop", "messages", "ns", "u", "none", "true", "range(9)", "|list",
    "|tojson", "|sort", "|reverse", "|length", "|string",
    ".items()", ".format(u)", "[::-1]", "[0]", "%s", "{}", "{% for x in messages %}", "{% endfor %}", "{% endif %}",
    "{% if u %}", "{% set x = u %}", "é", "🐦", "\ud83d", "\0",
    "|map('upper')", "|groupby('role')", "|batch(2)", "|int", "|float", "|round(1)", "*", "1", "dict", "namespace",
    "show", "caller()", "varargs", "recursive",
  };

  private static String mutated(Random random) {
    StringBuilder text = new StringBuilder(SEED);
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      int at = random.nextInt(text.length());
      switch (random.nextInt(4)) {
        case 0 -> text.insert(at, PIECES[random.nextInt(PIECES.length)]);
        case 1 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(12)));
        case 2 ->
            text.replace(at, Math.min(text.length(), at + 1 + random.nextInt(6)),
                PIECES[random.nextInt(PIECES.length)]);
        default -> {
          int from = random.nextInt(text.length());
          text.insert(at, text.substring(from, Math.min(text.length(), from + random.nextInt(60))));
        }
      }
    }
    return text.toString();
  }

  @Example
  void theSeedOfTheMutationsRenders() throws TemplateException {
    assertTrue(ChatTemplate.parse(SEED).render(VARIABLES).length() > 500);
  }

  /** Renders, if that can be; any other exception than the documented one is the caller's failed test. */
  private static void check(String template) {
    try {
      ChatTemplate parsed = ChatTemplate.parse(template);
      List<TextRun> runs = parsed.renderParts(VARIABLES);
      StringBuilder joined = new StringBuilder();
      boolean last = false;
      for (TextRun run : runs) {
        assertEquals(false, run.text().isEmpty());
        assertEquals(true, joined.isEmpty() || run.trusted() != last, "runs of one origin are one");
        joined.append(run.text());
        last = run.trusted();
      }
      assertEquals(parsed.render(VARIABLES), joined.toString());
    } catch (TemplateException e) {
      assertNotNull(e.getMessage());
    }
  }

  @Property(tries = 3000)
  void aMutatedTemplateRendersOrIsRefused(@ForAll long seed) {
    check(mutated(new Random(seed)));
  }

  @Property(tries = 3000)
  void aHeapOfPiecesRendersOrIsRefused(
      @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 0, max = 10_000) Integer> picks) {
    List<String> parts = new ArrayList<>();
    for (int pick : picks) {
      parts.add(PIECES[pick % PIECES.length]);
    }
    check("{{ " + String.join("", parts) + " }}");
    check("{% set x = " + String.join(" ", parts) + " %}{{ x }}");
    check(String.join("", parts));
  }

  @Property(tries = 500)
  void anyTextIsATemplateOrIsRefused(@ForAll String text) {
    check(text);
    check("{{ " + text + " }}");
    check("{{ '" + text + "'.format(u) }}");
    check("{{ '" + text + "' % (u, 1) }}");
  }

  @Property(tries = 300)
  void aPrefixOfATemplateRendersOrIsRefused(@ForAll @IntRange(min = 0, max = 5000) int length) {
    check(SEED.substring(0, Math.min(length, SEED.length())));
  }

  @Property(tries = 500)
  void textOfARequestIsNeverTrusted(@ForAll String text) throws TemplateException {
    for (TextRun run : ChatTemplate.parse(
        "{{ x }}{{ x|upper }}{{ x[::-1] }}{{ x.split()|join }}{{ [x] }}{{ {x: x}|tojson }}").renderParts(
            Map.of("x", text))) {
      assertEquals(text.isEmpty() || text.isBlank() ? run.trusted() : false, run.trusted(), run.text());
    }
  }
}
