package io.picaflor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model's weights by way of the cache: whatever is found on the disk, the tokens are right. What can be wrong with a file in
 * detail is the cache's own affair and tested there.
 */
class ModelWeightCacheTest {
  private static final String ANSWER = ModelProcess.answer();

  /** The header's end, where its checksum is. */
  private static final int HEADER_CRC = 4092;

  @TempDir
  Path folder;

  private ModelOptions options() {
    return ModelOptions.DEFAULT.withThreads(2).withKernels("vector").withWeightCache(folder);
  }

  private Model load() throws IOException {
    return Model.load(DemoModel.path(), options());
  }

  private void assertGives(String outcome) throws IOException {
    try (Model model = load()) {
      assertEquals(outcome, model.weightCache().outcome(), model.weightCache().reason());
      assertEquals(ANSWER, ModelProcess.tokens(model));
    }
  }

  /** The files of weights; the tokenizer and the plan have their own. */
  private List<Path> weights() throws IOException {
    try (var files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".weights") && !file.toString().contains("-tokenizer")
          && !file.toString().contains("-plan"))
          .sorted().toList();
    }
  }

  /** The one file of a cache that was built now. */
  private Path built() throws IOException {
    assertGives("built");
    assertEquals(1, weights().size());
    return weights().getFirst();
  }

  /** All that could show a write: names, sizes, times. */
  private Map<String, String> state() throws IOException {
    Map<String, String> state = new TreeMap<>();
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        state.put(file.getFileName().toString(), Files.size(file) + " " + Files.getLastModifiedTime(file));
      }
    }
    state.put(".", Files.getLastModifiedTime(folder).toString());
    return state;
  }

  @Test
  void theSecondLoadFindsWhatTheFirstHasPackedAndWritesNothing() throws IOException {
    for (String tier : new String[] {"vector", "jit"}) {
      ModelOptions options;
      try {
        options = options().withKernels(tier);
        Model.load(DemoModel.path(), options.withoutWeightCache()).close();
      } catch (UnsupportedOperationException e) {
        assertEquals("jit", tier, "vectors run everywhere");
        continue;
      }
      List<String> outcomes = new ArrayList<>();
      Map<String, String> before = Map.of();
      for (int i = 0; i < 3; i++) {
        try (Model model = Model.load(DemoModel.path(), options)) {
          outcomes.add(model.weightCache().outcome());
          assertEquals(ANSWER, ModelProcess.tokens(model));
          assertTrue(model.weightCache().file().orElseThrow().startsWith(folder.toRealPath()));
        }
        if (i > 0) {
          assertEquals(before, state());
        }
        before = state();
      }
      assertEquals(List.of("built", "hit", "hit"), outcomes);
    }
  }

  @Test
  void timingsSayWhereTheWeightsCameFromAndWhy() throws IOException {
    try (Model model = load(); Session session = model.newSession();
        TokenStream tokens = session.generate(DemoModel.PROMPT, GenerationOptions.GREEDY.withMaxNewTokens(1))) {
      tokens.forEachRemaining(token -> {});
      assertEquals("built", tokens.timings().weightCache());
      assertTrue(tokens.timings().weightCacheReason().contains(folder.toRealPath().toString()));
    }
    try (Model model = Model.load(DemoModel.path(), options().withoutWeightCache())) {
      assertEquals("memory", model.weightCache().outcome());
      assertEquals("in memory, because no weight cache was asked for", model.weightCache().reason());
      assertEquals(ANSWER, ModelProcess.tokens(model));
    }
    try (Model model = Model.load(DemoModel.path(), options().withKernels("scalar"))) {
      assertEquals("none", model.weightCache().outcome());
    }
  }

  @Test
  void progressIsToldWhilePackingAndNotOnAHit() throws IOException {
    List<Long> told = new ArrayList<>();
    ModelOptions options = options().withProgress((done, total) -> {
      told.add(done);
      assertTrue(done <= total);
    });
    Model.load(DemoModel.path(), options).close();
    assertTrue(told.size() > 1);
    assertEquals(told.stream().sorted().toList(), told);
    told.clear();
    Model.load(DemoModel.path(), options).close();
    assertEquals(List.of(), told);
  }

  @Test
  void aCopyOfTheModelAndOneInMemoryMeetTheSameFile() throws IOException {
    Path file = built();
    Path copy = Files.copy(DemoModel.path(), folder.resolve("copy.litertlm"));
    try (Model model = Model.load(copy, options())) {
      assertEquals("hit", model.weightCache().outcome());
      assertEquals(file.toRealPath(), model.weightCache().file().orElseThrow());
    }
    MemorySegment bytes = MemorySegment.ofBuffer(ByteBuffer.allocateDirect((int) Files.size(copy))
        .put(Files.readAllBytes(copy)).flip());
    try (Model model = Model.load("demo", bytes, options())) {
      assertEquals("hit", model.weightCache().outcome());
      assertEquals(ANSWER, ModelProcess.tokens(model));
    }
  }

  @Test
  void aFileThatIsCutOrFlippedOrEmptyIsBuiltAnew() throws IOException {
    Path file = built();
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(15);
    for (int i = 0; i < 12; i++) {
      Files.delete(weights().getFirst());
      byte[] bad;
      if (i < 6) { // cut, at first to nothing
        bad = java.util.Arrays.copyOf(good, i == 0 ? 0 : random.nextInt(good.length));
      } else { // flipped in header or index; a flip in data is for `cache verify` to find
        bad = good.clone();
        bad[random.nextInt(4096 + 512)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(file, bad);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      assertGives("built");
      assertGives("hit");
    }
  }

  @Test
  void aBitThatFlipsInDataNeverCrashes() throws IOException {
    Path file = built();
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(16);
    for (int i = 0; i < 12; i++) {
      byte[] bad = good.clone();
      bad[8192 * 2 + random.nextInt(good.length - 8192 * 2)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, bad);
      try (Model model = load()) {
        assertEquals("hit", model.weightCache().outcome());
        assertFalse(ModelProcess.tokens(model).isEmpty());
      }
    }
  }

  @Test
  void aNewerVersionIsLeftAlone() throws IOException {
    Path file = built();
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(8, 2);
    CRC32C crc = new CRC32C();
    crc.update(bytes.array(), 0, HEADER_CRC);
    bytes.putInt(HEADER_CRC, (int) crc.getValue());
    Files.write(file, bytes.array());
    assertGives("built");
    assertEquals(2, weights().size());
    assertEquals(-1, ByteBuffer.wrap(Files.readAllBytes(file)).mismatch(bytes.rewind()));
    assertGives("hit");
  }

  @Test
  void whatOthersMayWriteOrIsNoFileIsNotBelieved() throws IOException {
    Path file = built();
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertGives("built");
    assertGives("hit");
    for (Path each : weights()) {
      Files.delete(each);
    }
    Files.createDirectory(file);
    assertGives("built");
    assertGives("hit");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertGives("memory");
  }

  @Test
  void aPlaceThatCannotBeIsNoFailure() throws IOException {
    Path inTheWay = Files.createFile(folder.resolve("file"));
    try (Model model = Model.load(DemoModel.path(), options().withWeightCache(inTheWay.resolve("cache")))) {
      assertEquals("memory", model.weightCache().outcome());
      assertEquals(ANSWER, ModelProcess.tokens(model));
    }
  }

  @Test
  void otherWeightsOfTheSameShapeInTheOldOnesPlaceAreTakenForWhatTheyAre() throws IOException {
    Path place = folder.resolve("model.litertlm");
    Files.createSymbolicLink(place, DemoModel.path().toAbsolutePath()); // an old file, which is recorded
    try (Model old = Model.load(place, options())) {
      assertEquals("built", old.weightCache().outcome());
      Path other = otherWeights();
      // While the old one is in use, and of the same size and time.
      Files.move(other, place, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      assertEquals(Files.size(DemoModel.path()), Files.size(place));
      assertEquals(Files.getLastModifiedTime(DemoModel.path()), Files.getLastModifiedTime(place));
      String right;
      try (Model model = Model.load(place, options().withoutWeightCache())) {
        right = ModelProcess.tokens(model);
      }
      assertNotEquals(ANSWER, right, "the other weights say something else");
      for (String outcome : new String[] {"built", "hit"}) {
        try (Model model = Model.load(place, options())) {
          assertEquals(outcome, model.weightCache().outcome());
          assertEquals(right, ModelProcess.tokens(model));
        }
      }
      assertEquals(ANSWER, ModelProcess.tokens(old), "who runs on the old one goes on");
    }
    assertGives("hit");
  }

  /** The demo model with a stretch of its weights turned over. */
  private Path otherWeights() throws IOException {
    byte[] bytes = Files.readAllBytes(DemoModel.path());
    int middle = bytes.length / 2;
    for (int i = middle; i < middle + 200_000; i++) {
      bytes[i] = (byte) -bytes[i];
    }
    Path other = Files.write(folder.resolve("other"), bytes);
    FileTime time = Files.getLastModifiedTime(DemoModel.path());
    return Files.setLastModifiedTime(other, time);
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows does not let a mapped file be cut")
  void aFileThatIsCutWhileItIsMappedIsOneClearExceptionAndTheNextLoadIsRight() throws IOException {
    Path file = built();
    try (Model model = load()) {
      for (int round = 0; round < 40; round++) { // for the kernels to be compiled: faults in their code are what matters
        ModelProcess.tokens(model);
      }
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(50_000);
      }
      var e = assertThrows(UncheckedIOException.class, () -> ModelProcess.tokens(model));
      ModelFormatException cause = assertInstanceOf(ModelFormatException.class, e.getCause());
      assertEquals(file.toRealPath().toString(), cause.file());
      assertTrue(cause.getMessage().contains("weight cache"), cause.getMessage());
    }
    assertGives("built");
  }

  @Test
  void ofTwoLoadsAtOnceOneBuildsAndTheOtherFinds() throws Exception {
    CountDownLatch bothHere = new CountDownLatch(2);
    List<String> outcomes = new ArrayList<>();
    try (var pool = Executors.newFixedThreadPool(2)) {
      List<Future<String>> loads = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        loads.add(pool.submit(() -> {
          bothHere.countDown();
          bothHere.await();
          try (Model model = load()) {
            assertEquals(ANSWER, ModelProcess.tokens(model));
            return model.weightCache().outcome();
          }
        }));
      }
      for (Future<String> load : loads) {
        outcomes.add(load.get());
      }
    }
    assertEquals(List.of("built", "hit"), outcomes.stream().sorted().toList());
  }

  @Test
  void ofTwoProcessesAtOnceOneBuildsAndTheOtherFinds() throws Exception {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      processes.add(ModelProcess.start(DemoModel.path(), folder));
    }
    for (Process process : processes) {
      assertEquals("ready", process.inputReader().readLine());
    }
    for (Process process : processes) {
      begin(process);
    }
    List<String> said = new ArrayList<>();
    for (Process process : processes) {
      said.add(process.inputReader().lines().toList().getLast());
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    }
    assertEquals(List.of("built " + ANSWER, "hit " + ANSWER), said.stream().sorted().toList());
  }

  @Test
  void aProcessThatIsKilledWhileItPacksHurtsNobody() throws Exception {
    Process process = ModelProcess.start(DemoModel.path(), folder);
    begin(process);
    assertEquals("ready", process.inputReader().readLine());
    assertEquals("packed", process.inputReader().readLine());
    process.destroyForcibly();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    try (Model model = load()) {
      assertNotEquals("memory", model.weightCache().outcome());
      assertEquals(ANSWER, ModelProcess.tokens(model));
    }
    assertGives("hit");
    try (var files = Files.list(folder)) {
      assertTrue(files.noneMatch(file -> file.toString().endsWith(".building")));
    }
  }

  private static void begin(Process process) throws IOException {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
  }
}
