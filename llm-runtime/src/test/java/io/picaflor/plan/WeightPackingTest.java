package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.DemoModel;
import io.picaflor.ModelOptions;
import io.picaflor.WeightCachePlace;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.PackedSource;
import io.picaflor.kernels.Workers;
import io.picaflor.kvcache.MemorySource;
import io.picaflor.model.ContentRecord;
import io.picaflor.model.ModelFile;
import io.picaflor.quantization.WeightMatrix;
import io.picaflor.weightcache.CachePlace;

import org.junit.jupiter.api.io.TempDir;
import java.nio.file.StandardOpenOption;
import java.nio.channels.FileChannel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which models get a file of packed weights, and where. */
class WeightPackingTest {
  private static final long LARGE = 100 << 20;

  private static CachePlace place(ModelFile file, WeightCachePlace wanted, long bytes) {
    try (Workers workers = new Workers(1)) {
      return WeightPacking
          .of(file, ContentRecord.NONE, ModelOptions.DEFAULT.withWeightCache(wanted), Kernels.choose("scalar"), workers,
              MemorySource.allocated())
          .place(bytes, 1000);
    }
  }

  @Test
  void aModelOfSomeSizeIsKeptWhereTheSystemKeepsCachesOrBesideIt() throws IOException {
    try (ModelFile file = ModelFile.open(DemoModel.path())) {
      assertEquals(CachePlace.automatic(DemoModel.path()), place(file, WeightCachePlace.AUTOMATIC, LARGE));
      assertEquals(CachePlace.automatic(DemoModel.path()), place(file, WeightCachePlace.AUTOMATIC, 16 << 20));
    }
  }

  @Test
  void aSmallModelAndOneInMemoryAreKeptNowhereUnlessAPlaceIsNamed() throws IOException {
    try (ModelFile file = ModelFile.open(DemoModel.path())) {
      assertEquals(new CachePlace.Memory("16777215 bytes are packed as fast as they are found"),
          place(file, WeightCachePlace.AUTOMATIC, (16 << 20) - 1));
      Path named = Path.of("named");
      assertEquals(CachePlace.at(named), place(file, new WeightCachePlace.At(named), 1));
    }
    byte[] bytes = Files.readAllBytes(DemoModel.path());
    MemorySegment copy = MemorySegment.ofBuffer(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip());
    assertEquals(new CachePlace.Memory("the model was not loaded from a file"),
        place(ModelFile.of("demo", copy), WeightCachePlace.AUTOMATIC, LARGE));
  }

  @Test
  void rowsTooWideForTheCachesBuffersArePackedIntoMemory() throws Exception {
    try (Workers workers = new Workers(1); Arena arena = Arena.ofConfined()) {
      Kernels kernels = Kernels.choose("vector");
      int columns = 1 << 20;
      MemorySegment values = arena.allocate(3L * columns, 4);
      values.set(ValueLayout.JAVA_BYTE, 2L * columns + 5, (byte) 7);
      PackedSource wide = PackedSource.of(new WeightMatrix.PerChannel(3, columns, 8, values, arena.allocate(4, 4)));
      long panel = kernels.layout(wide).bytes(wide, 0, 3);
      assertTrue(panel > 8 << 20);
      CachePlace place =
          WeightPacking.of(ModelFile.open(DemoModel.path()), ContentRecord.NONE, ModelOptions.DEFAULT.withWeightCache(
              Path.of("named")), kernels, workers, MemorySource.allocated()).place(panel, panel);
      assertTrue(place instanceof CachePlace.Memory(String reason) && reason.contains("panel"), place.toString());
      PackedModel packed = WeightPacking.inMemory(kernels, workers, MemorySource.allocated()).pack(List.of(wide));
      assertEquals("memory", packed.use().outcome());
      assertEquals(panel, packed.use().bytes());
      packed.close();
    }
  }

  @Test
  void whoWantsNoneGetsNone() throws IOException {
    try (ModelFile file = ModelFile.open(DemoModel.path())) {
      assertEquals(CachePlace.none(), place(file, WeightCachePlace.NONE, LARGE));
    }
  }

  /** A private mapping is the one place where its owner's changes are. */
  @Test
  void whatACallerHasWrittenIntoAMappingOfHisIsKept(@TempDir Path folder) throws IOException {
    int rows = 64;
    int columns = 4096;
    Path path = Files.write(folder.resolve("weights"), new byte[rows * columns]);
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(1);
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MemorySegment values = channel.map(FileChannel.MapMode.PRIVATE, 0, channel.size(), arena);
      values.fill((byte) 42);
      PackedSource source = PackedSource
          .of(new WeightMatrix.PerChannel(rows, columns, 8, values.asReadOnly(), arena.allocate(4L * rows, 4)));
      PackedModel packed =
          WeightPacking.inMemory(Kernels.choose("vector"), workers, MemorySource.allocated()).pack(List.of(source));
      assertTrue(packed.use().bytes() > 0, "it was packed");
      packed.close();
      for (long at = 0; at < values.byteSize(); at += 1000) {
        assertEquals(42, values.get(ValueLayout.JAVA_BYTE, at));
      }
    }
  }
}
