package io.picaflor.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.Json;
import io.picaflor.cli.verb.WrongUsageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code picaflor bench} on the embedded model, with runs so short that they measure nothing but their form. */
class BenchCommandTest {
  private static final Path DEMO = Path.of("../cli/src/main/resources/io/picaflor/cli/verb/demo_q8.litertlm");

  /** What the verb printed, its exit status, and what it refused. */
  private record Bench(int status, String out, String err, String refusal) {

    List<JsonNode> json() throws IOException {
      List<JsonNode> lines = new ArrayList<>();
      for (String line : out.lines().toList()) {
        lines.add(Json.MAPPER.readTree(line));
      }
      return lines;
    }
  }

  private static Bench bench(String... arguments) throws IOException {
    String refusal = "";
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream complained = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
      int status;
      try {
        BenchCommand command = new BenchCommand();
        status = command.run(Arguments.parse(command.syntax(), List.of(arguments)));
      } catch (WrongUsageException e) {
        refusal = e.getMessage();
        status = 2;
      }
      String shown = printed.toString(StandardCharsets.UTF_8);
      return new Bench(status, shown, complained.toString(StandardCharsets.UTF_8), refusal);
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  @Test
  void aLineHoldsEveryWordAndEveryRun() throws IOException {
    Bench bench = bench("-p", "8", "-n", "4", "-t", "1", "-r", "2", "--warmup", "1", "--json");
    assertEquals("", bench.err());
    assertEquals(0, bench.status());
    JsonNode line = bench.json().getFirst();
    for (String name : List.of("load_ms", "init_s", "prefill_tps", "prefill_tps_min", "prefill_tps_max", "decode_tps",
        "decode_tps_min", "decode_tps_max", "ttft_ms", "start_to_first_ms", "ttft_s")) {
      assertTrue(line.path(name).doubleValue() > 0, name);
    }
    assertEquals(8, line.get("prefill_tokens").intValue());
    assertEquals(4, line.get("decode_tokens").intValue());
    assertEquals(0, line.get("depth").intValue());
    assertEquals(1, line.get("threads").intValue());
    assertEquals("memory", line.get("weight_cache").textValue());
    JsonNode gaps = line.get("itl_ms");
    assertTrue(gaps.get("p50").doubleValue() > 0 && gaps.get("p50").doubleValue() <= gaps.get("p95").doubleValue());
    assertTrue(gaps.get("p95").doubleValue() <= gaps.get("max").doubleValue());
    assertEquals(2, line.get("warm").size());
    assertEquals("warm", line.get("counted").textValue());
    assertTrue(line.get("first").get("prefill_tps").doubleValue() > 0);
    for (String name : List.of("kernels", "network", "java", "cpu", "model", "begun", "ended")) {
      assertFalse(line.path(name).asText().isEmpty(), name);
    }
    assertTrue(line.get("start_to_first_ms").doubleValue() > line.get("load_ms").doubleValue());
  }

  @Test
  void combinationsAreALineEachAndOnlyTheProcessesFirstHasAStart() throws IOException {
    List<JsonNode> lines =
        bench("-p", "2,3", "-n", "2,0", "-d", "5", "-t", "1", "-r", "1", "--warmup", "0", "--json").json();
    assertEquals(4, lines.size());
    assertEquals(List.of(2, 2, 3, 3), lines.stream().map(line -> line.get("prefill_tokens").intValue()).toList());
    assertEquals(List.of(2, 0, 2, 0), lines.stream().map(line -> line.get("decode_tokens").intValue()).toList());
    assertEquals("first", lines.get(0).get("counted").textValue());
    assertTrue(lines.get(0).has("start_to_first_ms") && lines.get(0).get("warm").isEmpty());
    assertEquals("warm", lines.get(1).get("counted").textValue());
    assertFalse(lines.get(1).has("start_to_first_ms") || lines.get(1).has("first"));
    assertFalse(lines.get(1).has("decode_tps") || lines.get(1).has("itl_ms"), "nothing was decoded");
  }

  @Test
  void aFileIsNamedByItsContent() throws IOException, NoSuchAlgorithmException {
    Bench bench = bench("--model", DEMO.toString(), "-p", "2", "-n", "1", "-t", "1", "-r", "1", "--json");
    JsonNode line = bench.json().getFirst();
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(DEMO));
    assertEquals(HexFormat.of().formatHex(hash), line.get("model_sha256").textValue());
    assertEquals("demo_q8.litertlm", line.get("model").textValue());
  }

  @Test
  void stopTokensEndNothing() throws IOException {
    // The demo model's stories are shorter than this.
    JsonNode line = bench("-p", "2", "-n", "480", "-t", "1", "-r", "1", "--warmup", "0", "--json").json().getFirst();
    assertEquals(480, line.get("decode_tokens").intValue());
  }

  @Test
  void withoutAFormItIsATableForPeople() throws IOException {
    String out = bench("-p", "4", "-n", "2", "-t", "1,2", "-r", "2").out();
    assertTrue(out.startsWith("demo model, plan, kernels "), out);
    assertTrue(out.contains("prefill_tps") && out.contains("decode_tps") && out.contains("load_ms"), out);
    assertEquals(2, out.lines().filter(line -> line.matches(" +[12] +4 +0 .*\\d+\\.\\d \\(.*")).count(), out);
    assertTrue(out.contains("start_to_first_ms"), out);
  }

  @Test
  void markdownIsATableOfPipes() throws IOException {
    List<String> rows = bench("-p", "4", "-n", "2", "-t", "1", "-r", "1", "--markdown").out().lines()
        .filter(line -> line.startsWith("|")).toList();
    assertEquals(3, rows.size());
    assertEquals(1, rows.stream().map(row -> row.chars().filter(c -> c == '|').count()).distinct().count());
    assertTrue(rows.get(1).matches("(\\| --- )+\\|"), rows.get(1));
  }

  @Test
  void defaultsThatDoNotFitAreLeftOutAndSaid() throws IOException {
    Bench bench = bench("-n", "380", "-t", "1", "-r", "1", "--warmup", "0", "--json");
    assertEquals(1, bench.out().lines().count(), bench.out());
    assertEquals("picaflor: left out: -p 512 -n 380 -d 0 need 892 tokens, but the context has 512\n", bench.err());
  }

  @Test
  void wrongValuesAreOneLineAndStatus2() throws IOException {
    assertRefused("-p: expected 1 or more tokens, found 0", "-p", "0");
    assertRefused("-n: expected 0 or more tokens, found -1", "-n", "-1");
    assertRefused("-d: expected 0 or more tokens, found -3", "-d", "-3");
    assertRefused("-r: expected 1 or more, found 0", "-r", "0");
    assertRefused("--warmup: expected 0 or more, found -1", "--warmup", "-1");
    assertRefused("threads: expected 1 to 1024, found 0", "-t", "0");
    assertRefused("-p 500 -n 10 -d 3 need 513 tokens, but the context has 512",
        "-p", "500", "-n", "10", "-d", "3", "-t", "1");
    assertEquals(2, bench("-p", "many").status());
    assertEquals(2, bench("--json", "--markdown").status());
  }

  private static void assertRefused(String message, String... arguments) throws IOException {
    Bench bench = bench(arguments);
    assertEquals(message, bench.refusal());
    assertEquals(2, bench.status());
    assertEquals("", bench.out());
  }
}
