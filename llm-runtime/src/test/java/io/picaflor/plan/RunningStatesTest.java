package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.picaflor.graph.ModelSignatures;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.KvLayout;
import io.picaflor.kernels.Workers;
import io.picaflor.kvcache.MemorySource;
import io.picaflor.model.ModelFile;
import io.picaflor.reference.Constants;
import io.picaflor.session.Executor;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** A context whose states run on with the tokens, of an exporter's model with short convolutions, where it is at hand. */
class RunningStatesTest {
  private static final Path MODEL = Path.of("../../shared/models/tiny_hf_lfm2_q8fc.litertlm");
  private static final int[] TOKENS = {5, 81, 0, 300, 44, 44, 17, 92, 501, 3, 250, 61, 7, 8, 9, 10, 11, 12, 130, 66};

  /** Runs with a fresh context, and what {@link #TOKENS} give one by one. */
  private static void run(Consumer<Executor> test) throws Exception {
    Assumptions.assumeTrue(Files.isRegularFile(MODEL), "no model at " + MODEL);
    try (ModelFile file = ModelFile.open(MODEL); Arena arena = Arena.ofShared(); Workers workers = new Workers(1)) {
      Kernels kernels = Kernels.choose("scalar");
      PlannedNetwork network = new PlannedNetwork(file.name(), new ModelSignatures(file), kernels, workers,
          new Constants(file.name(), kernels, arena), MemorySource.allocated(), KvLayout.Precision.F32);
      try (Executor executor = network.newExecutor(network.contextLength())) {
        test.accept(executor);
      }
    }
  }

  private static float[] decode(Executor executor, int token) {
    return executor.decode(token).toArray(ValueLayout.JAVA_FLOAT);
  }

  private static float[][] oneByOne(Executor executor) {
    return Arrays.stream(TOKENS).mapToObj(token -> decode(executor, token)).toArray(float[][]::new);
  }

  @Test
  void prefillLeavesTheStatesThatDecodingLeaves() throws Exception {
    run(executor -> {
      float[][] expected = oneByOne(executor);
      for (int count = 0; count < TOKENS.length; count++) {
        assertEquals(0, executor.rewind(0));
        executor.prefill(Arrays.copyOf(TOKENS, count), () -> false);
        assertArrayEquals(expected[count], decode(executor, TOKENS[count]));
      }
    });
  }

  @Test
  void oneCanGoBackByAFewTokens() throws Exception {
    run(executor -> {
      float[][] expected = oneByOne(executor);
      int back = TOKENS.length - 7;
      assertEquals(back, executor.rewind(back));
      decode(executor, 499); // another answer, which leaves no trace
      assertEquals(back, executor.rewind(back));
      assertArrayEquals(expected[back], decode(executor, TOKENS[back]));
    });
  }

  @Test
  void furtherBackThanStatesAreKeptIsTheStart() throws Exception {
    run(executor -> {
      float[][] expected = oneByOne(executor);
      assertEquals(0, executor.rewind(3));
      assertEquals(0, executor.position());
      assertArrayEquals(expected[0], decode(executor, TOKENS[0]));
    });
  }

  @Test
  void theEndOfAPrefillIsKept() throws Exception {
    run(executor -> {
      float[][] expected = oneByOne(executor);
      executor.rewind(0);
      executor.prefill(Arrays.copyOf(TOKENS, 10), () -> false);
      decode(executor, 1);
      assertEquals(10, executor.rewind(10));
      assertArrayEquals(expected[10], decode(executor, TOKENS[10]));
    });
  }
}
