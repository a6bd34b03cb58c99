package io.picaflor.cli;

import io.picaflor.cli.verb.ModelArguments;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Runs what most starts run, so that the JVM can keep what it learnt in an AOT cache: the launcher starts it after a build. Of
 * no use to users.
 */
final class Rehearsal {
  /** More than the two seconds that a file has to be left alone for. */
  private static final int SETTLED_MILLIS = 2100;

  /** What real models' templates are made of, and the demo model's is not. */
  private static final String TEMPLATE =
      """
          {{ bos_token }}{% if messages[0]['role'] == 'system' -%}
          {% set first = messages[0]['content'] + '\\n' %}{% set rest = messages[1:] %}
          {%- else -%}{% set first = '' %}{% set rest = messages %}{%- endif -%}
          {% for message in rest %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('no') }}{% endif -%}
          {% set role = 'model' if message['role'] == 'assistant' else message['role'] %}
          {{- '<start_of_turn>' + role + '\\n' + (first if loop.first else '') }}
          {%- if message['content'] is string %}{{ message['content'] | trim }}
          {%- elif message['content'] is iterable %}{% for item in message['content'] %}{{ item['text'] | trim }}{% endfor %}{% endif %}
          {%- endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}
          """;

  private static final String REQUEST = """
      {"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"}],"add_generation_prompt":true}
      """;

  private Rehearsal() {}

  /**
   * Runs the demo model, as a file, with a weight cache that is built, then hit.
   *
   * @param arguments an empty folder for both
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path folder = Path.of(arguments[0]);
    Path file = folder.resolve("demo.litertlm");
    Files.write(file, ModelArguments.demo().toArray(ValueLayout.JAVA_BYTE));
    Thread.sleep(SETTLED_MILLIS); // a file that was just changed is not recorded, and no later start would be a warm one
    Path template = Files.writeString(folder.resolve("template.jinja"), TEMPLATE);
    List<String> model =
        List.of("--model", file.toString(), "--kernels", "jit", "--weight-cache", folder.toString());
    int failures = IntStream.of(
        run("", Stream.concat(Stream.of("run", "-n", "8", "--timings", "Hello"), model.stream())),
        run("", Stream.concat(Stream.of("run", "-n", "8", "--temperature", "0", "--json", "Hello"), model.stream())),
        run("Hello", Stream.concat(Stream.of("run", "-n", "8", "--no-template"), model.stream())),
        run("", Stream.concat(Stream.of("bench", "-p", "8", "-n", "4", "-r", "1", "--warmup", "0", "-t", "1,2"),
            model.stream())),
        run("Hello\n/bye\n", Stream.concat(Stream.of("chat", "-n", "8"), model.stream())),
        run(REQUEST, Stream.of("render", "--jsonl", "--template", template.toString())),
        run("", Stream.of("run", "-n", "2", "--model", file.toString(), "Hello")), // looks at the user's folder
        run("", Stream.of("tokenize", "Hello"))).sum();
    System.exit(failures);
  }

  private static int run(String input, Stream<String> words) {
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
    return Picaflor.run(words.toArray(String[]::new));
  }
}
