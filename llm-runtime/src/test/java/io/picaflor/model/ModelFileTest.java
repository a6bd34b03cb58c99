package io.picaflor.model;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.testfiles.LiteRtLmWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {
  private static final String EXPECTED = "expected a model (.litertlm, .task or .tflite)";

  @TempDir
  Path folder;

  private static void assertForeign(String expected, String content) {
    assertForeign(expected, content.getBytes(StandardCharsets.UTF_8));
  }

  private static void assertForeign(String expected, byte[] content) {
    var e = assertThrows(ModelFormatException.class, () -> Samples.open(content));
    assertEquals("model: byte 0: " + expected, e.getMessage());
  }

  @Test
  void contentDecidesNotTheName() throws IOException {
    Path path = folder.resolve("model.tflite");
    Files.write(path, Samples.task());
    try (ModelFile file = ModelFile.open(path)) {
      assertEquals(".task", file.format());
      assertEquals(path.toString(), file.name());
      assertEquals(Optional.of(path), file.path());
    }
  }

  @Test
  void aBareGraphIsAllThereIs() throws IOException {
    ModelFile file = Samples.open(Samples.graph());
    assertEquals(".tflite", file.format());
    assertEquals(Samples.graph().length, file.requireGraph(ModelRole.PREFILL_DECODE).size());
    assertEquals(Optional.empty(), file.graph(ModelRole.EMBEDDER));
    assertEquals(Optional.empty(), file.tokenizer());
    assertEquals(Optional.empty(), file.metadata());
    assertEquals(1, file.sections().size());
  }

  @Test
  void aMissingFileAFolderAndAnEmptyFileAreNamed() throws IOException {
    Path missing = folder.resolve("missing.litertlm");
    assertEquals(missing + ": no such file; " + EXPECTED,
        assertThrows(NoSuchFileException.class, () -> ModelFile.open(missing)).getMessage());
    assertEquals(folder + ": is a folder; " + EXPECTED,
        assertThrows(FileSystemException.class, () -> ModelFile.open(folder)).getMessage());
    Path empty = Files.createFile(folder.resolve("empty.task"));
    assertEquals(empty + ": byte 0: the file is empty; " + EXPECTED + "; is the download complete?",
        assertThrows(ModelFormatException.class, () -> ModelFile.open(empty)).getMessage());
  }

  @Test
  void aDeviceIsRefusedBeforeItIsOpened() {
    Path device = Path.of("/dev/zero");
    assumeTrue(Files.exists(device), "no /dev/zero on this system");
    assertEquals("/dev/zero: is a pipe or a device, which cannot be mapped; " + EXPECTED,
        assertThrows(FileSystemException.class, () -> ModelFile.open(device)).getMessage());
  }

  @Test
  void accidentsOfDownloadsAreTold() {
    assertForeign("the file is a Git LFS pointer, not the model itself; run 'git lfs pull' to get it",
        "version https://git-lfs.github.com/spec/v1\noid sha256:1234\nsize 1\n");
    for (String page : new String[] {"<!DOCTYPE html><html>", "\n  <HTML lang=en>"}) {
      assertForeign("the file is a web page (HTML), not a model; the download may need a login or a licence", page);
    }
    assertForeign("the file is text that starts with '{\"error\": \"Entry not'; " + EXPECTED,
        "{\"error\": \"Entry not found\"}");
    assertForeign("the file has only 6 bytes; " + EXPECTED + "; is the download complete?", "LITERT");
    assertForeign(EXPECTED + ", which start with LITERTLM, PK or have TFL3 at the fifth byte; found 'LITERTLX'",
        "LITERTLX\0\1\2");
    assertForeign(EXPECTED + ", which start with LITERTLM, PK or have TFL3 at the fifth byte; found the bytes "
        + "20 00 00 00 54 46 58 39", new byte[] {0x20, 0, 0, 0, 'T', 'F', 'X', '9', 0});
    var e = assertThrows(UnsupportedModelException.class, () -> Samples.open("GGUF\3\0\0\0".getBytes()));
    assertEquals("model: is a GGUF file, which is llama.cpp's format; " + EXPECTED, e.getMessage());
  }

  @Test
  void closingTwiceIsFineAndReadingAfterwardsIsNot() throws IOException {
    Path path = folder.resolve("m.litertlm");
    Files.write(path, Samples.litertlm().done());
    ModelFile file = ModelFile.open(path);
    MemorySegment graph = file.requireGraph(ModelRole.PREFILL_DECODE).segment();
    file.close();
    assertDoesNotThrow(file::close);
    assertThrows(IllegalStateException.class, () -> graph.get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void aMappingCannotBeWritten() throws IOException {
    assertTrue(Samples.open(Samples.graph()).bytes().segment().isReadOnly());
    Path path = folder.resolve("m.tflite");
    Files.write(path, Samples.graph());
    try (ModelFile file = ModelFile.open(path)) {
      assertTrue(file.bytes().segment().isReadOnly());
    }
  }

  @Test
  void partsBeyondTwoGibibytesAreReachedWhereTheyLie() throws IOException {
    Path path = folder.resolve("large.litertlm"); // sparse: takes some blocks of the disk
    byte[] graph = Samples.graph();
    long begin = (3L << 30) + 1;
    byte[] start = LiteRtLmWriter.file()
        .model(Samples.PREFILL_DECODE, graph)
        .claiming(begin, begin + graph.length)
        .done();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE,
        StandardOpenOption.SPARSE)) {
      channel.write(ByteBuffer.wrap(start));
      channel.write(ByteBuffer.wrap(graph), begin);
    }
    try (ModelFile file = ModelFile.open(path)) {
      Bytes found = file.requireGraph(ModelRole.PREFILL_DECODE);
      assertEquals(begin, found.base());
      assertEquals(-1, found.segment().mismatch(MemorySegment.ofArray(graph)));
      Samples.readAll(file);
    }
  }

  @Test
  void aFileThatIsReplacedOrGoneHasChanged() throws IOException {
    Path path = folder.resolve("m.tflite");
    Files.write(path, Samples.graph());
    try (ModelFile file = ModelFile.open(path)) {
      assertFalse(file.fileChanged());
      Path other = folder.resolve("other");
      Files.write(other, new byte[9]);
      Files.move(other, path, StandardCopyOption.REPLACE_EXISTING);
      assertTrue(file.fileChanged());
      Files.delete(path);
      assertTrue(file.fileChanged());
    }
    assertFalse(Samples.open(Samples.graph()).fileChanged());
  }

  @Test
  void aFileThatIsCutWhileItIsMappedGetsOneClearMessage() throws IOException {
    assumeTrue(System.getProperty("os.name").equals("Linux"), "only Linux lets a mapped file be cut");
    Path path = folder.resolve("m.tflite");
    byte[] content = Arrays.copyOf(Samples.graph(), 1 << 20);
    Files.write(path, content);
    try (ModelFile file = ModelFile.open(path)) {
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        channel.truncate(4096);
      }
      var fault = assertThrows(InternalError.class, () -> file.bytes().u8(content.length - 1));
      assertEquals(path + ": the file changed while it was in use (it had 1048576 bytes); open it again, and replace"
          + " models by renaming a new file over the old one", file.explain(fault).getMessage());
    }
  }
}
