package io.picaflor.weightcache;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** A blob of made-up bytes, which follow from its name; counts how often it was packed. */
final class TestBlob implements BlobSource {
  final AtomicInteger written = new AtomicInteger();
  private final String name;
  private final int[] partBytes;
  private final int alignment;
  private final IntConsumer beforeWrite;

  TestBlob(String name, int alignment, IntConsumer beforeWrite, int... partBytes) {
    this.name = name;
    this.alignment = alignment;
    this.beforeWrite = beforeWrite;
    this.partBytes = partBytes;
  }

  static TestBlob of(String name, int... partBytes) {
    return new TestBlob(name, 64, _ -> {}, partBytes);
  }

  /** Some blobs of odd sizes, named after a prefix. */
  static List<TestBlob> some(String prefix, int count) {
    List<TestBlob> blobs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      blobs.add(of(prefix + i, 100 + 37 * i, 4096, 1 + i));
    }
    return blobs;
  }

  @Override
  public BlobKey key() {
    return BlobKey.of(name.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String label() {
    return "blob " + name;
  }

  @Override
  public int alignment() {
    return alignment;
  }

  @Override
  public int parts() {
    return partBytes.length;
  }

  @Override
  public int partBytes(int part) {
    return partBytes[part];
  }

  @Override
  public void write(int part, MemorySegment target) {
    if (part == 0) {
      assertEquals(0, target.address() % 64);
    }
    assertEquals(partBytes[part], target.byteSize());
    beforeWrite.accept(part);
    written.incrementAndGet();
    for (long i = 0; i < target.byteSize(); i++) {
      assertEquals(0, target.get(JAVA_BYTE, i), "a part's memory is handed out zeroed");
      target.set(JAVA_BYTE, i, valueAt(part, i));
    }
  }

  private byte valueAt(int part, long i) {
    return (byte) (name.hashCode() * 31 + part * 7 + i * (i >> 8) + i + 1);
  }

  long bytes() {
    long sum = 0;
    for (int bytes : partBytes) {
      sum += bytes;
    }
    return sum;
  }

  /** The bytes that the whole blob must have. */
  byte[] expected() {
    byte[] all = new byte[(int) bytes()];
    int at = 0;
    for (int part = 0; part < partBytes.length; part++) {
      for (int i = 0; i < partBytes[part]; i++) {
        all[at++] = valueAt(part, i);
      }
    }
    return all;
  }

  /** Fails unless each blob is there, to the byte, aligned and read-only. */
  static void assertAllRight(PackedBlobs packed, List<TestBlob> blobs) {
    for (TestBlob blob : blobs) {
      MemorySegment found = packed.blob(blob.key());
      assertEquals(-1, found.mismatch(MemorySegment.ofArray(blob.expected())), blob.label());
      assertEquals(0, found.address() % blob.alignment(), blob.label());
      assertEquals(true, found.isReadOnly(), blob.label());
    }
  }

  static int writes(List<TestBlob> blobs) {
    return blobs.stream().mapToInt(blob -> blob.written.get()).sum();
  }
}
