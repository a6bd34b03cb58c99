package io.picaflor.tokenizer.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The templates of 55 models and some 300 single constructs, against what Jinja2 3.1.6 makes of them. */
class GoldenTemplatesTest {
  private static final Path GOLDENS = Path.of("../../shared/goldens/chat-templates");

  private final List<String> different = new ArrayList<>();
  private final Map<String, int[]> counts = new LinkedHashMap<>(); // kind: equal, all

  @Test
  void everyGoldenIsRenderedAsTheReferenceRendersIt() throws IOException {
    if (!Files.isDirectory(GOLDENS)) {
      System.out.println("chat-template goldens are absent: " + GOLDENS + "; the unit tests alone judge the engine");
      assertEquals("a1", ChatTemplate.parse("a{{ n }}").render(Map.of("n", 1)));
      return;
    }
    try (Stream<Path> folders = Files.list(GOLDENS)) {
      for (Path folder : folders.filter(Files::isDirectory).sorted().toList()) {
        check(folder);
      }
    }
    StringBuilder summary = new StringBuilder("chat-template goldens:");
    counts.forEach(
        (kind, n) -> summary.append(' ').append(kind).append(' ').append(n[0]).append(" of ").append(n[1]).append(';'));
    System.out.println(summary);
    assertTrue(different.isEmpty(), () -> different.size() + " differ:\n" + String.join("\n", different));
    assertTrue(counts.get("texts")[1] > 1000, "the goldens were found but hardly any case was read");
  }

  private void check(Path folder) throws IOException {
    String source = Files.readString(folder.resolve("template.jinja"));
    ChatTemplate template = null;
    TemplateException refused = null;
    try {
      template = ChatTemplate.parse(source);
    } catch (TemplateException e) {
      refused = e;
    }
    for (String line : Files.readString(folder.resolve("cases.jsonl")).split("\n")) {
      if (!line.isBlank()) {
        check(folder.getFileName().toString(), template, refused, Json.object(line));
      }
    }
  }

  @SuppressWarnings("unchecked")
  private void check(String folder, ChatTemplate template, TemplateException refused, Map<String, Object> golden) {
    Map<String, Object> input = new LinkedHashMap<>((Map<String, Object>) golden.get("input"));
    String now = (String) input.remove("now");
    Clock clock = Clock.fixed(
        LocalDate.parse(now == null ? "2026-07-26" : now).atStartOfDay(ZoneOffset.UTC).toInstant(), ZoneOffset.UTC);
    String name = folder + " / " + golden.get("name");
    boolean equal;
    String found;
    try {
      if (refused != null) {
        throw refused;
      }
      String text = template.render(input, clock);
      found = text;
      equal = text.equals(golden.get("text"));
      String joined = String.join("", template.renderParts(input, clock).stream().map(TextRun::text).toList());
      if (!joined.equals(text)) {
        different.add(name + ": the runs joined differ from the text");
      }
    } catch (TemplateException e) {
      found = e.kind() + " " + e.getMessage();
      equal = golden.containsKey("error");
      if (equal && "raise_exception".equals(golden.get("kind"))) {
        String message = (String) golden.get("message");
        equal = e.kind() == TemplateException.Kind.RAISED
            && (e.getMessage().equals(message) || message.length() >= 200
                && e.getMessage().startsWith(message.substring(0, 190)));
      } else if (equal) {
        equal = e.kind() != TemplateException.Kind.RAISED;
      }
    }
    count(golden.containsKey("error") ? "errors" : "texts", equal);
    if (golden.get("tier") instanceof Integer tier && tier == 2) {
      count("tier 2 (in these)", equal);
    }
    if (!equal) {
      different.add(name + "\n  expected "
          + golden.getOrDefault("text", golden.get("kind") + " " + golden.get("message")) + "\n  found    " + found);
    }
  }

  private void count(String kind, boolean equal) {
    int[] n = counts.computeIfAbsent(kind, _ -> new int[2]);
    n[0] += equal ? 1 : 0;
    n[1]++;
  }
}
