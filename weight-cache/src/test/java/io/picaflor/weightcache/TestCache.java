package io.picaflor.weightcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Map;
import java.util.stream.Stream;

/** A cache in a folder of a test, and what it says. */
final class TestCache {
  static final String FAMILY = "family";
  final Path folder;
  final List<String> log = Collections.synchronizedList(new ArrayList<>());
  Surroundings surroundings;

  TestCache(Path folder) {
    this.folder = folder;
    try {
      Surroundings real = Surroundings.real();
      surroundings = new Surroundings(real.system(), real.home(), Map.<String, String>of()::get, real.rules(),
          real.permissions(), real.disk(), log::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  TestCache disk(Disk disk) {
    surroundings = new Surroundings(surroundings.system(), surroundings.home(), surroundings.variables(),
        surroundings.rules(), surroundings.permissions(), disk, log::add);
    return this;
  }

  TestCache rules(AccessRules rules) {
    surroundings = new Surroundings(surroundings.system(), surroundings.home(), surroundings.variables(), rules,
        surroundings.permissions(), surroundings.disk(), log::add);
    return this;
  }

  TestCache home(String system, String home, Map<String, String> variables) {
    surroundings = new Surroundings(system, home, variables::get, surroundings.rules(), surroundings.permissions(),
        surroundings.disk(), log::add);
    return this;
  }

  CacheRequest request() {
    return new CacheRequest(FAMILY, CachePlace.at(folder)).title("title").runner(new PackingThreads(2))
        .finishInBackground(false);
  }

  Optional<PackedBlobs> look(List<TestBlob> blobs) {
    return new WeightCache(surroundings).look(request(), blobs);
  }

  PackedBlobs get(List<TestBlob> blobs) {
    return get(request(), blobs);
  }

  PackedBlobs get(CacheRequest request, List<TestBlob> blobs) {
    return new WeightCache(surroundings).get(request, blobs);
  }

  CacheInventory inventory() {
    return new CacheInventory(CachePlace.at(folder), surroundings, java.time.Duration.ofSeconds(1));
  }

  Path generation(long number) {
    return new CacheFolder(folder).generationPath(FAMILY, number);
  }

  /** Opens, compares every byte and closes. */
  void assertGives(CacheOutcome outcome, List<TestBlob> blobs) {
    try (PackedBlobs packed = get(blobs)) {
      assertEquals(outcome, packed.report().outcome(), packed.report().reason());
      TestBlob.assertAllRight(packed, blobs);
    }
  }

  /** All that lies in the folder, by name. */
  List<String> names() {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(p -> p.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void assertNoLeftovers() {
    assertTrue(names().stream().noneMatch(name -> name.endsWith(".building")), () -> names().toString());
  }
}
