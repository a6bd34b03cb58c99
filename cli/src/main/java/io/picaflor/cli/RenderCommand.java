package io.picaflor.cli;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.Json;
import io.picaflor.cli.verb.Output;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import io.picaflor.tokenizer.template.ChatTemplate;
import io.picaflor.tokenizer.template.TemplateException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.cli.Option;

/** {@code picaflor render}: what a chat template makes of a conversation. */
final class RenderCommand implements Verb {
  private static final Option TEMPLATE =
      Option.builder().longOpt("template").hasArg().argName("FILE").required().desc("The template.").get();
  private static final Option JSONL = Option.builder().longOpt("jsonl").required()
      .desc("Requests and answers are JSON, one object a line.").get();

  @Override
  public String name() {
    return "render";
  }

  @Override
  public Syntax syntax() {
    return Syntax
        .of("Renders conversations with a chat template in Jinja. Each line of stdin is a JSON object of variables.")
        .with(TEMPLATE, JSONL)
        .withExamples(
            "echo '{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"add_generation_prompt\":true}' |",
            "  picaflor render --template chat.jinja --jsonl");
  }

  @Override
  public int run(Arguments arguments) throws IOException {
    String source = Files.readString(arguments.path(TEMPLATE).orElseThrow(), StandardCharsets.UTF_8);
    Json.serve(Output.standard(), request -> answer(source, request));
    return 0;
  }

  /** {@code {"text":..}}, or {@code {"error":..}} where the template or the conversation is at fault. */
  private static ObjectNode answer(String source, JsonNode request) {
    Map<String, Object> variables =
        Json.MAPPER.convertValue(request, new TypeReference<LinkedHashMap<String, Object>>() {});
    Clock clock = clock(variables.remove("now"));
    ObjectNode answer = Json.MAPPER.createObjectNode();
    try {
      answer.put("text", ChatTemplate.parse(source).render(variables, clock));
    } catch (TemplateException e) {
      answer.put("error", e.getMessage());
    }
    return answer;
  }

  /** The clock that the template sees: midnight of the day that the request names, or the real one. */
  private static Clock clock(Object day) {
    if (day == null) {
      return Clock.systemDefaultZone();
    }
    try {
      return Clock.fixed(LocalDate.parse(day.toString()).atStartOfDay(ZoneOffset.UTC).toInstant(), ZoneOffset.UTC);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException("'now': expected a day such as 2026-11-23, found " + day, e);
    }
  }
}
