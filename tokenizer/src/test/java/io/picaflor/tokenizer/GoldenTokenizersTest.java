package io.picaflor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** Ids and texts of real and trained tokenizers, equal to the reference libraries' in every case. */
class GoldenTokenizersTest {
  @TestFactory
  List<DynamicTest> encodesDecodesAndStreamsAsTheReference() throws IOException {
    if (!GoldenCases.present()) {
      System.out.println("tokenizer goldens are absent: " + GoldenCases.FOLDER + " is no folder");
      return List.of();
    }
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : GoldenCases.folders()) {
      tests.add(dynamicTest(folder.getFileName().toString(), () -> checkAll(folder)));
    }
    return tests;
  }

  private static void checkAll(Path folder) throws IOException {
    Tokenizer tokenizer = GoldenCases.tokenizer(folder);
    try (Arena arena = Arena.ofConfined()) {
      Tokenizer prepared = PreparedTokenizer.open(mapped(GoldenCases.data(folder), arena));
      List<Executable> checks = new ArrayList<>();
      for (GoldenCases.Case golden : GoldenCases.cases(folder)) {
        checks.add(() -> check(tokenizer, golden));
        checks.add(() -> check(prepared, golden));
      }
      assertAll(checks);
    }
  }

  /** The prepared form as a file that is mapped. */
  private static MemorySegment mapped(byte[] file, Arena arena) throws IOException {
    Path form = Files.createTempFile("picaflor-", ".form");
    try {
      Files.write(form, PreparedTokenizer.prepare(MemorySegment.ofArray(file)).toArray(ValueLayout.JAVA_BYTE));
      try (FileChannel channel = FileChannel.open(form)) {
        return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      }
    } finally {
      Files.deleteIfExists(form);
    }
  }

  private static void check(Tokenizer tokenizer, GoldenCases.Case golden) {
    if (golden.text() != null) {
      assertArrayEquals(golden.ids(), tokenizer.encode(golden.text()), golden.name());
    }
    assertEquals(golden.decoded(), tokenizer.decode(golden.ids()), golden.name());
    assertEquals(golden.decoded(), stream(tokenizer.newDecoder(), golden.ids()), golden.name());
    if (golden.withoutSpecial() != null) {
      assertEquals(golden.withoutSpecial(), stream(tokenizer.newDecoder(true), golden.ids()), golden.name());
    }
  }

  private static String stream(StreamingDecoder decoder, int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      String part = decoder.append(id);
      assertEquals(part.codePointCount(0, part.length()), part.codePoints().filter(c -> !isSurrogate(c)).count(),
          "whole code points");
      text.append(part);
    }
    return text.append(decoder.finish()).toString();
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}
