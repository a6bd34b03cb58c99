package io.picaflor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.picaflor.cli.verb.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code picaflor cache} as a user meets it, on what running the demo model leaves. */
class CacheCommandTest {
  private static final Path MODEL = Path.of("src/main/resources/io/picaflor/cli/verb/demo_q8.litertlm");

  @TempDir
  Path folder;

  private String said;

  @BeforeEach
  void runOnce() {
    said = Program.run("run", "--model", MODEL.toString(), "--kernels", "vector", "--weight-cache", folder.toString(),
        "--prompt-tokens", "2,4", "-n", "1").err();
  }

  private Program cache(String... arguments) {
    List<String> all = new ArrayList<>(List.of("cache"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--weight-cache", folder.toString()));
    return Program.run(all.toArray(String[]::new));
  }

  /** The file of weights; the tokenizer and the plan have their own. */
  private Path file() throws IOException {
    try (var files = Files.list(folder)) {
      return files.filter(path -> path.toString().endsWith(".weights") && !path.toString().contains("-tokenizer")
          && !path.toString().contains("-plan"))
          .findFirst().orElseThrow().toRealPath();
    }
  }

  /** The line about the file of weights. */
  private String line(Program program) throws IOException {
    String name = file().getFileName().toString();
    return program.out().lines().filter(line -> line.contains(name)).findFirst().orElseThrow();
  }

  /** What is said of the file of weights. */
  private JsonNode entry(JsonNode list) throws IOException {
    for (JsonNode entry : list.get("files")) {
      if (entry.get("file").textValue().equals(file().toString())) {
        return entry;
      }
    }
    throw new AssertionError(list.toString());
  }

  @Test
  void theFirstRunSaysWhereTheFileIsAndHowLargeAndTheSecondNothing() throws IOException {
    assertEquals("picaflor: packed weights are kept in " + file() + " (4 MB), for quick starts; see picaflor cache, or"
        + " --weight-cache none\n", said);
    runOnce();
    assertEquals("", said);
  }

  @Test
  void listTellsSizeNameAndModel() throws IOException {
    Program list = cache("list");
    assertEquals("", list.err());
    assertEquals(4, list.out().lines().count(), list.out());
    assertTrue(line(list).contains("3.9 MB  " + file().getFileName()), list.out());
    assertTrue(line(list).endsWith(MODEL.getFileName().toString()), list.out());
    assertTrue(list.out().contains("-tokenizer-g1.weights  "), list.out());
    assertTrue(list.out().contains("-plan-g1.weights  "), list.out());
    assertTrue(list.out().endsWith("3 files, 4.0 MB, in " + folder + "\n"), list.out());
  }

  @Test
  void listAsJsonHasTheSameAndMore() throws IOException {
    JsonNode list = Json.MAPPER.readTree(cache("list", "--json").out());
    assertEquals(folder.toString(), list.get("folders").get(0).textValue());
    JsonNode entry = entry(list);
    assertEquals(file().toString(), entry.get("file").textValue());
    assertEquals(Files.size(file()), entry.get("bytes").longValue());
    assertEquals(MODEL.toString(), entry.get("built_for").textValue());
    assertEquals(MODEL.toAbsolutePath().toString(), entry.get("models").get(0).textValue());
    assertTrue(entry.get("entries").intValue() > 1);
    assertFalse(entry.has("not_used"));
  }

  @Test
  void verifyReadsEverythingAndFailsIfSomethingIsDamaged() throws IOException {
    Program sound = cache("verify");
    assertEquals(0, sound.status());
    assertTrue(line(sound).startsWith(file() + ": sound, "), sound.out());
    byte[] bytes = Files.readAllBytes(file());
    bytes[bytes.length / 2] ^= 1;
    Files.write(file(), bytes);
    Program damaged = cache("verify");
    assertEquals(1, damaged.status());
    assertTrue(line(damaged).startsWith(file() + ": damaged: blob '") && line(damaged).contains("checksum"),
        damaged.out());
    assertTrue(damaged.err().contains("picaflor cache rm"), damaged.err());
    JsonNode json = Json.MAPPER.readTree(cache("verify", "--json").out());
    assertFalse(entry(json).get("sound").booleanValue());
    assertEquals(1, entry(json).get("damages").size());
  }

  @Test
  void aFileThatIsNotUsedIsListedWithTheReason() throws IOException {
    Files.write(file(), new byte[7]);
    Program list = cache("list");
    assertTrue(list.out().contains("not used: header: needs 4096 bytes, found 7"), list.out());
  }

  @Test
  void rmTakesAModelsNameAndLeavesWhatIsNotOurs() throws IOException {
    Path others = Files.writeString(folder.resolve("notes.txt"), "mine");
    Program removed = cache("rm", MODEL.getFileName().toString());
    assertEquals("removed 3 files, 4.0 MB\n", removed.out());
    assertEquals(0, removed.status());
    assertTrue(Files.exists(others));
    assertEquals("0 files, 0.0 MB, in " + folder + "\n", cache("list").out());
    runOnce();
    assertEquals(1, Json.MAPPER.readTree(cache("rm", "--json", file().getFileName().toString()).out()).get("removed")
        .size());
  }

  @Test
  void rmAllTakesTheRecordsToo() throws IOException {
    Path others = Files.writeString(folder.resolve("notes.txt"), "mine");
    assertEquals(0, cache("rm", "--all").status());
    try (var files = Files.list(folder)) {
      List<Path> left = files.filter(path -> !path.toString().endsWith(".lock")).toList();
      assertEquals(List.of(others), left);
    }
    assertEquals("removed 0 files, 0.0 MB\n", cache("rm", "--all").out());
  }

  @Test
  void wrongUsageAndUnknownNamesAreOneLine() {
    for (String[] arguments : new String[][] {{"rm"}, {"rm", "--all", "x"}, {"list", "x"}}) {
      Program run = cache(arguments);
      assertEquals(2, run.status(), run.err());
      assertEquals(1, run.err().lines().count(), run.err());
    }
    assertEquals("picaflor: give one of list, verify or rm; see picaflor cache --help\n", Program.run("cache").err());
    Program unknown = cache("rm", "unknown");
    assertEquals(1, unknown.status());
    assertEquals("picaflor: nothing is kept under the name 'unknown'; see picaflor cache list\n", unknown.err());
  }
}
