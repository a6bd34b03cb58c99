package io.picaflor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ResidentPages;
import io.picaflor.DemoModel;
import io.picaflor.Model;
import io.picaflor.ModelOptions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What of a model file counts as this process's memory after it was read. */
class ReleasedPagesTest {
  /** The largest page of a system: the last page of a file, which does not lie wholly inside, may be kept. */
  private static final long PAGE_KIB = 64;

  private static final int BYTES = 1 << 20;

  @TempDir
  Path folder;

  private Path file() throws IOException {
    byte[] bytes = Arrays.copyOf(Samples.graph(), BYTES + 1);
    Arrays.fill(bytes, Samples.graph().length, bytes.length, (byte) 7);
    return Files.write(folder.resolve("model.tflite"), bytes);
  }

  private static void assertLittleIsResident(Path file) throws IOException {
    long resident = ResidentPages.kib(file);
    assertTrue(resident <= PAGE_KIB, "KiB resident: " + resident);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void pagesThatWereReadAreLetGoOfAndReadTheSameAgain() throws IOException {
    Path path = file();
    try (ModelFile file = ModelFile.open(path)) {
      MemorySegment bytes = file.bytes().segment();
      byte[] before = bytes.toArray(ValueLayout.JAVA_BYTE);
      assertTrue(ResidentPages.kib(path) >= BYTES / 1024, "all was read");
      file.releasePages();
      assertLittleIsResident(path);
      assertArrayEquals(before, bytes.toArray(ValueLayout.JAVA_BYTE));
    }
  }

  /** A private mapping is the one place where its owner's changes are. */
  @Test
  void whatTheCallerHasWrittenIntoAMappingOfHisIsKept() throws IOException {
    try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.READ, StandardOpenOption.WRITE);
        Arena arena = Arena.ofConfined()) {
      MemorySegment own = channel.map(FileChannel.MapMode.PRIVATE, 0, channel.size(), arena);
      own.set(ValueLayout.JAVA_BYTE, BYTES / 2, (byte) 42);
      ModelFile.of("mine", own).releasePages();
      assertEquals(42, own.get(ValueLayout.JAVA_BYTE, BYTES / 2));
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aLoadedModelHoldsNoPagesOfItsFile() throws IOException {
    Path copy = Files.copy(DemoModel.path(), folder.resolve("demo.litertlm"));
    ModelOptions options = ModelOptions.DEFAULT.withKernels("vector").withWeightCache(folder);
    for (String outcome : List.of("built", "hit")) {
      try (Model model = Model.load(copy, options)) {
        assertEquals(outcome, model.weightCache().outcome());
        assertLittleIsResident(copy);
      }
    }
  }
}
