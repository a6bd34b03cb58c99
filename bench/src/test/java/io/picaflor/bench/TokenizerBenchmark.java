package io.picaflor.bench;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.sentencepiece.SpTokenizer;
import io.picaflor.tokenizer.Tokenizer;
import io.picaflor.tokenizer.TokenizerFormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Loading a tokenizer from its file's bytes, and encoding 100 KB of English text: ours beside the reference libraries,
 * which DJL calls through JNI.
 *
 * <p>The file is a SentencePiece model or a {@code tokenizer.json}; the defaults are there where the project's
 * reference material stands beside the checkout.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TokenizerBenchmark {
  private static final int TEXT_CHARACTERS = 100_000;

  @Param({"../shared/goldens/tokenizers/gemma3/tokenizer.model", "../shared/goldens/tokenizers/smollm/tokenizer.json"})
  private String file;

  /** A text that is repeated until it is long enough. */
  @Param("LICENSE")
  private String text;

  private Arena arena;
  private byte[] bytes;
  private MemorySegment memory;
  private String prompt;
  private Tokenizer ours;
  private Reference reference;

  /** A tokenizer of a reference library. */
  private interface Reference extends AutoCloseable {
    Object encode(String prompt);

    @Override
    void close();
  }

  private record HuggingFace(HuggingFaceTokenizer tokenizer) implements Reference {
    @Override
    public Object encode(String prompt) {
      return tokenizer.encode(prompt).getIds();
    }

    @Override
    public void close() {
      tokenizer.close();
    }
  }

  private record SentencePiece(SpTokenizer tokenizer) implements Reference {
    @Override
    public Object encode(String prompt) {
      return tokenizer.getProcessor().encode(prompt);
    }

    @Override
    public void close() {
      tokenizer.close();
    }
  }

  /** Reads the file and makes both tokenizers. */
  @Setup
  public void open() throws IOException {
    if (!Files.exists(Path.of(file))) {
      throw new IOException(file + ": no such file; name a SentencePiece model or a tokenizer.json by -p file=...");
    }
    bytes = Files.readAllBytes(Path.of(file));
    arena = Arena.ofShared();
    memory = arena.allocate(bytes.length);
    MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
    String sample = Files.readString(Path.of(text));
    prompt = sample.repeat(TEXT_CHARACTERS / sample.length() + 1).substring(0, TEXT_CHARACTERS);
    ours = load();
    reference = loadReference();
  }

  /** Frees what {@link #open} made. */
  @TearDown
  public void close() {
    reference.close();
    arena.close();
  }

  /** Ours, from bytes in memory. */
  @Benchmark
  public Tokenizer load() throws TokenizerFormatException {
    return Tokenizer.of(memory);
  }

  /** The reference, loaded and freed. */
  @Benchmark
  public void loadByDjl() throws IOException {
    loadReference().close();
  }

  private Reference loadReference() throws IOException {
    return file.endsWith(".json")
        ? new HuggingFace(HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(bytes),
            Map.of("addSpecialTokens", "false", "truncation", "DO_NOT_TRUNCATE", "padding", "false")))
        : new SentencePiece(new SpTokenizer(new ByteArrayInputStream(bytes)));
  }

  /** Ours. */
  @Benchmark
  public int[] encode() {
    return ours.encode(prompt);
  }

  /** The reference. */
  @Benchmark
  public Object encodeByDjl() {
    return reference.encode(prompt);
  }
}
