package io.picaflor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.picaflor.cli.verb.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code picaflor run} as a user meets it, on the embedded model. */
class RunCommandTest {
  private static final String PROMPT = "2,4,358,277,6,648,342,265,369,377,265,1480,5,6,4,1969,1299,6";

  @Test
  void streamsTheAnswerAndNothingElseOnStdout() {
    Program run = Program.run("run", "Tell me a story about a fox", "--temperature", "0", "-n", "16");
    assertTrue(run.out().startsWith("Once upon a time, there was a small fox."), run.out());
    assertEquals("", run.err());
    assertEquals(0, run.status());
  }

  @Test
  void jsonHoldsTokensTextFinishReasonAndTimings() throws IOException {
    Program run = Program.run("run", "--prompt-tokens", PROMPT, "-n", "4", "--temperature", "0", "--json");
    JsonNode answer = Json.MAPPER.readTree(run.out());
    assertEquals("[865,704,265,526]", answer.get("tokens").toString());
    assertEquals("max_tokens", answer.get("finish_reason").textValue());
    assertFalse(answer.get("text").textValue().isEmpty());
    JsonNode timings = answer.get("timings");
    assertEquals(18, timings.get("prefill_tokens").intValue());
    assertEquals(3, timings.get("decode_tokens").intValue());
    assertEquals("memory", timings.get("weight_cache").textValue());
    for (String name : new String[] {"load_ms", "prefill_ms", "prefill_tps", "ttft_ms", "decode_ms", "decode_tps"}) {
      assertTrue(timings.get(name).doubleValue() > 0, name);
    }
  }

  @Test
  void theSecondRunTakesItsWeightsFromTheCacheAndGivesTheSameTokens(@TempDir Path folder) throws IOException {
    String cache = folder.resolve("demo").toString();
    String[] arguments =
        {"run", "--prompt-tokens", PROMPT, "-n", "4", "--temperature", "0", "--json", "--weight-cache", cache};
    JsonNode first = Json.MAPPER.readTree(Program.run(arguments).out());
    JsonNode second = Json.MAPPER.readTree(Program.run(arguments).out());
    assertEquals("built", first.get("timings").get("weight_cache").textValue());
    assertEquals("hit", second.get("timings").get("weight_cache").textValue());
    assertEquals("[865,704,265,526]", first.get("tokens").toString());
    assertEquals(first.get("tokens"), second.get("tokens"));
  }

  @Test
  void keysAndValuesMayBeKeptInBfloat16() throws IOException {
    String[] arguments = {"run", "--prompt-tokens", PROMPT, "-n", "4", "--temperature", "0", "--json", "--kv", "bf16"};
    assertEquals(4, Json.MAPPER.readTree(Program.run(arguments).out()).get("tokens").size());
    Program wrong = Program.run("run", "--kv", "f16", "x");
    assertEquals(2, wrong.status());
    assertTrue(wrong.err().contains("kv: expected f32 or bf16, found 'f16'"), wrong.err());
  }

  @Test
  void aSeedGivesTheSameAnswerTwice() {
    String[] arguments = {"run", "Tell me a story about a cat", "-n", "12", "--seed", "5", "--temperature", "1.5"};
    assertEquals(Program.run(arguments).out(), Program.run(arguments).out());
  }

  @Test
  void thePromptMayComeFromStdin() {
    String[] options = {"run", "--temperature", "0", "-n", "8"};
    String piped = Program.runWithInput("Tell me a story about a fox", options).out();
    assertEquals(Program.run("run", "--temperature", "0", "-n", "8", "-p", "Tell me a story about a fox").out(), piped);
  }

  @Test
  void noTemplateTakesTheTextAsItIs() {
    Program raw = Program.run("run", "--no-template", "--temperature", "0", "-n", "8", "Once upon a time");
    Program chat = Program.run("run", "--temperature", "0", "-n", "8", "Once upon a time");
    assertEquals(0, raw.status());
    assertFalse(raw.out().equals(chat.out()));
  }

  @Test
  void thePhasesOfALoadAreTheWholeOfIt() throws IOException {
    JsonNode timings =
        Json.MAPPER.readTree(Program.run("run", "--prompt-tokens", PROMPT, "-n", "1", "--json").out()).get("timings");
    double sum = 0;
    for (String name : new String[] {"open_ms", "kernels_ms", "plan_ms", "weights_ms", "tokenizer_ms"}) {
      sum += timings.get("load_phases").get(name).doubleValue();
    }
    assertEquals(timings.get("load_ms").doubleValue(), sum, 5 * 0.0005 + 0.0005, "five values, each rounded to 0.001");
    JsonNode start = timings.get("start_phases");
    double before = start.get("jvm_ms").doubleValue() + start.get("arguments_ms").doubleValue();
    assertTrue(timings.get("start_to_first_ms").doubleValue() > before + sum, timings.toString());
  }

  @Test
  void timingsGoToStderr() {
    Program run = Program.run("run", "--prompt-tokens", PROMPT, "-n", "2", "--timings");
    assertTrue(run.err().contains("tokens/s") && run.err().contains("load"), run.err());
    assertTrue(run.err().lines().anyMatch(line -> line.matches(
        "first token \\d+ ms after the start: JVM \\d+, arguments \\d+, file \\d+, kernels \\d+, plan \\d+, "
            + "weights \\(memory\\) \\d+, tokenizer \\d+, session \\d+, tokenization \\d+, prompt \\d+")),
        run.err());
  }

  @Test
  void wrongUsageIsOneLineAndStatus2() {
    for (String[] arguments : new String[][] {
      {"run", "--no-such-flag", "x"},
      {"run", "one", "--prompt", "two"},
      {"run", ""},
      {"run", "x", "--threads", "many"},
      {"run", "x", "--no-template", "--system", "y"},
      {"fly"},
    }) {
      Program run = Program.run(arguments);
      assertEquals(2, run.status(), run.err());
      assertEquals(1, run.err().lines().count(), run.err());
      assertTrue(run.err().startsWith("picaflor: "), run.err());
      assertEquals("", run.out());
    }
  }

  @Test
  void whatFailsIsOneLineAndStatus1(@TempDir Path folder) throws IOException {
    Path text = Files.writeString(folder.resolve("notes.litertlm"), "Dear diary, this is no model at all.");
    Path empty = Files.createFile(folder.resolve("empty.tflite"));
    for (String[] arguments : new String[][] {
      {"run", "x", "--model", folder.resolve("missing.litertlm").toString()},
      {"run", "x", "--model", folder.toString()},
      {"run", "x", "--model", text.toString()},
      {"run", "x", "--model", empty.toString()},
    }) {
      Program run = Program.run(arguments);
      assertEquals(1, run.status(), run.err());
      assertEquals(1, run.err().lines().count(), run.err());
      assertTrue(run.err().contains(arguments[3]), "names the file: " + run.err());
    }
  }

  @Test
  void badRequestsNameTheNumbers() {
    Program outside = Program.run("run", "--prompt-tokens", "2,99999");
    assertEquals("picaflor: token id 99999 is outside the vocabulary of 0 to 2047\n", outside.err());
    Program tooLong = Program.run("run", "--context", "10", "--prompt-tokens", PROMPT);
    assertEquals(
        "picaflor: the prompt has 18 tokens, but the context of 10 has room for 10; shorten the prompt\n",
        tooLong.err());
    Program context = Program.run("run", "--context", "9999", "x");
    assertTrue(context.err().contains("9999") && context.err().contains("512"), context.err());
    assertEquals(1, outside.status() * tooLong.status() * context.status());
  }

  @Test
  void valuesOutOfRangeAreWrongUsageAndTellTheRange() {
    Program range = Program.run("run", "--top-p", "7", "x");
    assertEquals("picaflor: topP: expected above 0 and at most 1, found 7.0; see picaflor run --help\n", range.err());
    Program threads = Program.run("run", "--threads", "0", "x");
    assertEquals("picaflor: threads: expected 1 to 1024, found 0; see picaflor run --help\n", threads.err());
    Program kernels = Program.run("run", "--kernels", "magic", "x");
    assertTrue(kernels.err().contains("magic") && kernels.err().contains("scalar"), kernels.err());
    assertEquals(8, range.status() * threads.status() * kernels.status());
  }

  @Test
  void aTraceComesOnlyWhenAskedFor() {
    assertTrue(Program.run("run", "--prompt-tokens", "99999", "--debug").err().contains("\tat io.picaflor"));
  }

  @Test
  void aClosedPipeIsNoError() {
    PrintStream out = System.out;
    try {
      System.setOut(new PrintStream(new OutputStream() {
        @Override
        public void write(int b) throws IOException {
          throw new IOException("Broken pipe");
        }
      }));
      assertEquals(0, Picaflor.run("run", "--prompt-tokens", PROMPT, "-n", "4"));
    } finally {
      System.setOut(out);
    }
  }
}
