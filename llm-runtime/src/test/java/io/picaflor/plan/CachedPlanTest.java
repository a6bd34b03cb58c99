package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.DemoModel;
import io.picaflor.GenerationOptions;
import io.picaflor.Model;
import io.picaflor.ModelOptions;
import io.picaflor.Session;
import io.picaflor.TokenStream;
import io.picaflor.WeightCachePlace;
import io.picaflor.graph.ModelSignatures;
import io.picaflor.model.ContentRecord;
import io.picaflor.model.ModelFile;
import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.BlobSource;
import io.picaflor.weightcache.CachePlace;
import io.picaflor.weightcache.CacheRequest;
import io.picaflor.weightcache.WeightCache;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plan from the cache is the model's own, whatever happened to the cache and to the model. */
class CachedPlanTest {
  @TempDir
  private Path folder;
  private Path cache;
  /** A link, so that an old file, which is recorded, can be replaced. */
  private Path model;

  @BeforeEach
  void makeFolder() throws IOException {
    cache = Files.createDirectory(folder.resolve("cache"));
    model = Files.createSymbolicLink(folder.resolve("model.litertlm"), DemoModel.path().toAbsolutePath());
  }

  private ModelOptions options() {
    return ModelOptions.DEFAULT.withThreads(2).withKernels("vector").withWeightCache(cache);
  }

  /** What the model says, loaded so; twice, for the first load may leave a file that is still being finished. */
  private String answer() throws IOException {
    String first = answer(options());
    assertEquals(first, answer(options()));
    return first;
  }

  private String answer(ModelOptions options) throws IOException {
    try (Model loaded = Model.load(model, options); Session session = loaded.newSession();
        TokenStream tokens = session.generate(DemoModel.PROMPT, GenerationOptions.GREEDY.withMaxNewTokens(8))) {
      List<Integer> ids = new ArrayList<>();
      tokens.forEachRemaining(token -> ids.add(token.id()));
      return ids.toString();
    }
  }

  private List<Path> plans() throws IOException {
    try (var files = Files.list(cache)) {
      return files.filter(file -> file.toString().endsWith(".weights") && file.toString().contains("-plan")).sorted()
          .toList();
    }
  }

  /** The plan as a load would find it. */
  private Optional<PreparedPlan> kept(ModelFile file) {
    return new CachedPlan(file, new WeightCachePlace.At(cache), record(file)).find();
  }

  private ContentRecord record(ModelFile file) {
    return ContentRecord.of(file, CachePlace.at(cache));
  }

  @Test
  void theSecondLoadTakesThePlanFromTheCache() throws Exception {
    try (ModelFile file = ModelFile.open(model)) {
      assertTrue(kept(file).isEmpty());
      answer();
      assertEquals(1, plans().size());
      PreparedPlan plan = Planner.prepare(new ModelSignatures(file));
      byte[] expected = PlanWriter.write(plan.plan(), plan.contextLength(), file.bytes().segment()).orElseThrow();
      PreparedPlan kept = kept(file).orElseThrow();
      assertArrayEquals(expected,
          PlanWriter.write(kept.plan(), kept.contextLength(), file.bytes().segment()).orElseThrow());
    }
  }

  @Test
  void whereNoWeightsAreKeptNoPlanIs() throws IOException {
    String answer = answer(options().withoutWeightCache());
    try (Model inMemory = Model.load("demo", MemorySegment.ofBuffer(
        ByteBuffer.allocateDirect((int) Files.size(model)).put(Files.readAllBytes(model)).flip()), options())) {
      assertEquals("built", inMemory.weightCache().outcome());
    }
    try (Model plain = Model.load(model, options().withKernels("scalar"))) {
      assertEquals("none", plain.weightCache().outcome());
    }
    assertEquals(List.of(), plans());
    assertEquals(answer, answer());
    assertEquals(1, plans().size());
  }

  @Test
  void anotherTierFindsTheSamePlan() throws IOException {
    String answer = answer();
    try {
      assertEquals(answer, answer(options().withKernels("jit")));
    } catch (UnsupportedOperationException _) {
      return; // such code does not run here
    }
    assertEquals(1, plans().size());
  }

  @Test
  void aFileThatIsCutOrFlippedAnywhereIsBuiltAnew() throws IOException {
    String answer = answer();
    byte[] sound = Files.readAllBytes(plans().getFirst());
    Random random = new Random(18);
    for (int i = 0; i < 12; i++) {
      Path file = plans().getFirst();
      byte[] bad = i < 3 ? Arrays.copyOf(sound, random.nextInt(sound.length)) : sound.clone();
      if (i >= 3) { // in the plan's own bytes
        bad[4096 * 2 + random.nextInt(8000)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(file, bad);
      assertEquals(answer, answer());
      assertEquals(1, plans().size());
      assertArrayEquals(Arrays.copyOfRange(sound, 4096, sound.length),
          Arrays.copyOfRange(Files.readAllBytes(plans().getFirst()), 4096, sound.length));
    }
  }

  /** What has right checksums is still not believed. */
  @Test
  void aPlanThatIsNoneIsRefusedAndBuiltAnew() throws Exception {
    String answer = answer();
    try (ModelFile file = ModelFile.open(model)) {
      PreparedPlan plan = kept(file).orElseThrow();
      byte[] sound = PlanWriter.write(plan.plan(), plan.contextLength(), file.bytes().segment()).orElseThrow();
      BlobKey key = record(file).find("plan " + PlanForm.VERSION).orElseThrow();
      for (int word : new int[] {2, 5, 7, 8, 40, 400}) {
        Files.delete(plans().getFirst());
        byte[] bad = sound.clone();
        ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putInt(4 * word, 1 << 30);
        CacheRequest request =
            new CacheRequest(key.hex().substring(0, 32) + "-plan", CachePlace.at(cache)).finishInBackground(false);
        WeightCache.open(request, List.of(BlobSource.whole(key, "plan", () -> MemorySegment.ofArray(bad)))).close();
        assertEquals(answer, answer(), "word " + word);
        assertTrue(kept(file).isPresent());
      }
    }
  }

  /** A file of the same size and time is put in the old one's place: with other weights, or another norm. */
  @Test
  void anotherModelInTheOldOnesPlaceMeetsNoOldPlan() throws IOException {
    String answer = answer();
    long[] norm;
    long[] weights;
    try (ModelFile file = ModelFile.open(model)) {
      Plan plan = kept(file).orElseThrow().plan();
      norm = place(file, View.of(plan.logits()).base().input(0)); // the last norm: all logits turn around
      weights = place(file, plan.logits());
    }
    assertOther(answer, weights, 2);
    assertOther(answer, norm, 3);
  }

  /** Where in the file a step's first constant lies, from and to. */
  private static long[] place(ModelFile file, Form step) {
    MemorySegment data = step.input(1).tensor().orElseThrow().data().orElseThrow();
    long from = data.address() - file.bytes().segment().address();
    return new long[] {from, from + data.byteSize()};
  }

  private void assertOther(String answer, long[] place, int plans) throws IOException {
    byte[] bytes = Files.readAllBytes(DemoModel.path());
    for (int i = (int) place[0] + 3; i < place[1]; i += 4) { // of floats the signs
      bytes[i] ^= (byte) 0x80;
    }
    FileTime time = Files.getLastModifiedTime(DemoModel.path());
    Path other = Files.setLastModifiedTime(Files.write(folder.resolve("other"), bytes), time);
    Files.move(other, model, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    try (ModelFile file = ModelFile.open(model)) {
      assertTrue(kept(file).isEmpty());
    }
    String right = answer(options().withoutWeightCache());
    assertNotEquals(answer, right);
    assertEquals(right, answer());
    assertEquals(plans, plans().size(), "one for each");
  }

  @Test
  void aNamedPathKeepsThePlanBesideTheWeights() throws IOException {
    answer(options().withWeightCache(cache.resolve("named")));
    answer(options().withWeightCache(cache.resolve("named")));
    assertEquals(List.of("named-plan-g1.weights"), plans().stream().map(p -> p.getFileName().toString()).toList());
  }
}
