package io.picaflor.tokenizer.template;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each construct of the language. The expected texts are what Jinja2 3.1.6 gives for the same source and variables. */
class ConstructsTest {
  private static final String VARIABLES = """
      {"s": "  Hello, World  ", "t": "a,b,,c", "n": 7, "f": 2.5, "no": null, "yes": true, "l": [3, 1, 2],
       "d": {"b": 1, "a": "x", "items": [1, 2]}, "people": [{"name": "Bo", "age": 3}, {"name": "al", "age": 12}]}""";

  private static String rendered(String template) throws IOException {
    return Rendered.text(template, Json.object(VARIABLES));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '@', quoteCharacter = '`', value = {
    // printing
    "{{ no }}|{{ yes }}|{{ n }}|{{ f }}|{{ missing }}|@None|True|7|2.5||",
    "{{ 1.0 }} {{ 1e16 }} {{ 1e-5 }} {{ 0.0001 }} {{ 5e-324 }} {{ -0.0 }}@1.0 1e+16 1e-05 0.0001 5e-324 -0.0",
    "{{ d }} {{ (1,) }} {{ ['it\\'s', none] }}@`{'b': 1, 'a': 'x', 'items': [1, 2]} (1,) [\"it's\", None]`",
    "{{ d.items() }} {{ range(3) }}@dict_items([('b', 1), ('a', 'x'), ('items', [1, 2])]) range(0, 3)",
    // operators
    "{{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ true + 1 }}@-4 2 3.5 64 4 2",
    "{{ 9223372036854775807 + 1 }} {{ 3037000500 * 3037000500 }} {{ 2 ** 70 }}@9223372036854775808 9223372037000250000 1180591620717411303424",
    "{{ 'a' ~ 1 ~ none }} {{ 'ab' * 2 }} {{ [1] + [2] }} {{ 'b' ~ 'a'|upper }}@a1None abab [1, 2] bA",
    "{{ 1 == 1.0 }} {{ '1' == 1 }} {{ 1 < 2 < 3 }} {{ [1, 2] < [1, 3] }} {{ 'a' in 'abc' }} {{ 'z' not in l }}@True False True True True True",
    "{{ 0 or 'x' }} {{ 1 and 2 }} {{ not 1 == 2 }} {{ 'a' if no else 'b' }}|{{ 'a' if no }}@x 2 True b|",
    "{{ '%s-%03d-%.2f' % ('a', 5, 2.5) }} {{ '{} {x:>3}|{:.1f}'.format('a', 2.25, x=1) }}@a-005-2.50 a   1|2.2",
    // lookup and slices
    "{{ d.a }} {{ d['items'] }} {{ d.items is mapping }} {{ d.nope }}|{{ no.x }}|{{ l[9] }}|{{ l[-9] }}|{{ 'a'[-2] }}|@x [1, 2] False |||||",
    "{{ l[1:] }} {{ l[::-1] }} {{ l[-2:] }} {{ 'añ🐦'[::-1] }} {{ 'añ🐦'[2] }} {{ 'añ🐦'|length }}@[1, 2] [2, 1, 3] [1, 2] 🐦ña 🐦 3",
    // methods
    "[{{ s.strip() }}] [{{ 'xyax'.strip('yx') }}] {{ t.split(',') }} {{ ' a  b'.split() }}@[Hello, World] [a] ['a', 'b', '', 'c'] ['a', 'b']",
    "{{ 'a</think>b'.split('</think>')[-1] }} {{ 'b'.split('</think>')[-1] }} {{ 'abc'.startswith(('x', 'a')) }}@b b True",
    "{{ d.get('zz') }} {{ d.get('zz', 1) }} {{ d.keys()|list }} {{ 'ß'.upper() }} {{ \"it's o-k\".title() }}@None 1 ['b', 'a', 'items'] SS It'S O-K",
    // filters
    "{{ l|sort }} {{ l|join('-') }} {{ l|first }}{{ l|last }} {{ l|max }} {{ l|sum }} {{ ['b','A']|sort }}@[1, 2, 3] 3-1-2 32 3 6 ['A', 'b']",
    "{{ people|map(attribute='name')|list }} {{ people|selectattr('age', 'gt', 5)|map(attribute='name')|join }}@['Bo', 'al'] al",
    "{{ ['a', 'A', 'b']|unique|list }} {{ [1, 2, 3]|reject('odd')|list }} {{ d|dictsort|first }}@['a', 'b'] [2] ('a', 'x')",
    "{{ missing|default('d') }} {{ ''|default('d', true) }} {{ no|default('d') }} {{ '3.9'|int }} {{ 2.5|round }}@d d None 3 2.0",
    "{{ 'a\\n\\nb'|indent(2)|replace('\\n', '/') }} {{ \"it's o-k\"|title }} {{ 'abc'|truncate(3) }} {{ '<a>'|e|e }}@a//  b It's O-K abc &lt;a&gt;",
    // tests
    "{{ s is string }}{{ d is mapping }}{{ l is sequence }}{{ n is number }}{{ yes is boolean }}{{ missing is undefined }}@TrueTrueTrueTrueTrueTrue",
    "{{ 1 is true }}{{ no is none }}{{ 4 is divisibleby 2 }}{{ 'a' is in 'abc' }}{{ n is not string }}{{ true is integer }}@FalseTrueTrueTrueTrueFalse",
    // loops
    "{% for i in l if i > 1 %}{{ i }}{{ loop.index }}/{{ loop.length }}{{ loop.previtem }}{{ ',' if not loop.last }}{% endfor %}@31/2,22/23",
    "{% for k, v in d.items() %}{{ k }}{{ loop.first }}{% break %}{% endfor %}{% for i in [] %}{% else %}none{% endfor %}@bTruenone",
    "{% for i in [1, 2, 3] %}{% if i == 2 %}{% continue %}{% endif %}{{ i }}{% endfor %}@13",
    "{% for x in [[1, []], [2, [[3, []]]]] recursive %}{{ x[0] }}({{ loop(x[1]) }}){% endfor %}@1()2(3())",
    // scopes
    "{% set x = 0 %}{% for i in l %}{% set x = x + i %}{{ x }},{% endfor %}{{ x }}@3,1,2,0",
    "{% set ns = namespace(x=0) %}{% for i in l %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}@6",
    "{% set ns = namespace(go=true) %}{% for i in l if ns.go %}{% set ns.go = false %}{{ i }}{% endfor %}@3",
    "{% macro m(a, b=a ~ '!') %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(b=2, a=3) }}@11!32",
    "{% macro m() %}{{ g }}{% endmacro %}{% set g = 1 %}{% for g in [5] %}{{ m() }}{% endfor %}{% set g = 2 %}{{ m() }}@12",
    "{% macro m() %}[{{ caller('p') }}]{% endmacro %}{% call(x) m() %}{{ x }}{{ n }}{% endcall %}@[p7]",
    "{% set x %}a{{ n }}{% endset %}{{ x }}{% filter upper %}b{{ x }}{% endfilter %}{% with y = 1 %}{{ y }}{% endwith %}{{ y }}@a7BA71",
    "{% generation %}{% set z = 1 %}g{% endgeneration %}{{ z is defined }}@gFalse",
  })
  void aConstructRendersAsInTheReference(String template, String expected) throws IOException {
    assertEquals(expected == null ? "" : expected, rendered(template));
  }

  @Test
  void jsonIsWrittenAsPythonWritesIt() throws IOException {
    assertEquals("{\"b\": 1, \"a\": \"x\", \"items\": [1, 2]}", rendered("{{ d|tojson }}"));
    assertEquals("{\n  \"k\": [\n    1,\n    {}\n  ]\n}", rendered("{{ {'k': [1, {}]}|tojson(indent=2) }}"));
    assertEquals("[1, 1.0, 1e+16, true, null, \"<é\\n\\u0001\\u007f\"]".replace("\\u007f", "\u007f"),
        rendered("{{ [1, 1.0, 1e16, true, none, '<é\\n\\x01\\x7f']|tojson }}"));
    assertEquals("\"\\u00e9\\ud83d\\udc26\\u007f\"", rendered("{{ 'é🐦\\x7f'|tojson(ensure_ascii=true) }}"));
  }

  @Test
  void integersAndFloatsOfARequestStayApart() throws TemplateException {
    assertEquals("1 1.0", Rendered.text("{{ a }} {{ b }}", Map.of("a", 1, "b", 1.0)));
  }

  @Test
  void whatIsInAValueIsNeverParsed() throws TemplateException {
    assertEquals("{{ x }}{% if %}", Rendered.text("{{ m }}", Map.of("m", "{{ x }}{% if %}")));
  }

  @Test
  void theClockIsTheCallers() throws TemplateException {
    Clock clock = Clock.fixed(Instant.parse("2026-07-05T14:03:09Z"), ZoneOffset.UTC);
    String format = "{{ strftime_now('%Y-%m-%d %d %b %Y %B %A %a %H:%M:%S %I %p %j %y %-d %U %w %q %%') }}";
    assertEquals("2026-07-05 05 Jul 2026 July Sunday Sun 14:03:09 02 PM 186 26 5 27 0 %q %",
        ChatTemplate.parse(format).render(Map.of(), clock));
  }

  @Test
  void aVariableHidesAFunctionOfItsName() throws TemplateException {
    assertEquals("5", Rendered.text("{{ range }}", Map.of("range", 5)));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '@', quoteCharacter = '`', ignoreLeadingAndTrailingWhitespace = false, value = {
    "a/  {% if 1 %}/b/  {% endif %}/c/@a/b/c",
    "a/{#- c -#} b {# d #}/e@ab e",
    "{%+ if 1 %}/ x/{%+ endif +%}/y@ x//y",
    "  {{ 1 }}  {{- 2 -}}  / 3@  123",
    "{% raw %}/ {{ x }}/{% endraw %}/y@/ {{ x }}/y",
    "x//@x/",
  })
  void whiteSpaceAroundTagsGoesAsTheMarksSay(String template, String expected) throws TemplateException {
    assertEquals(expected.replace('/', '\n'), Rendered.text(template.replace('/', '\n')));
    assertEquals(expected.replace('/', '\n'), Rendered.text(template.replace("/", "\r\n")));
  }
}
