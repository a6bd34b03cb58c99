package io.picaflor;

import io.picaflor.testfiles.TinyDecoder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Small models with each kind of state: keys and values of all positions, rings of them, states that run along, and what the
 * reference executor keeps.
 *
 * @param positions where it is worth to stop
 */
record SampleModel(String name, byte[] file, int vocabulary, int[] positions) {
  private static final Path SHARED = Path.of("../../shared/models");

  /** More than the window, the largest chunk and what is reserved to go back: the ring turns. */
  static final int RING_CONTEXT = 1100;

  /** The models that tests write, the demo model, and some of Google's exporters where they are at hand. */
  static List<SampleModel> all() throws IOException {
    List<SampleModel> all = new ArrayList<>(List.of(ring(), reference(), demo()));
    for (String shared : List.of("tiny_gemma3_q8", "tiny_hf_lfm2_q8fc", "tiny_hf_gemma3_ring_q8", "tiny_hf_llama_q8")) {
      Path path = SHARED.resolve(shared + ".litertlm");
      if (Files.isRegularFile(path)) {
        all.add(new SampleModel(shared, Files.readAllBytes(path), 500, new int[] {0, 1, 2, 40}));
      } else {
        System.out.println("no model at " + path + ": it was not run");
      }
    }
    return all;
  }

  static SampleModel demo() throws IOException {
    return new SampleModel("demo", Files.readAllBytes(DemoModel.path()), 2000, new int[] {0, 1, 64, 130});
  }

  static SampleModel ring() {
    byte[] file = TinyDecoder.sliding(RING_CONTEXT, 9, true, 4, 6);
    return new SampleModel("ring", file, TinyDecoder.V, new int[] {0, 7, 640, 832, RING_CONTEXT - 20});
  }

  /** A graph that has no plan. */
  static SampleModel reference() {
    return new SampleModel("reference", TinyDecoder.recurrent(2, 4), TinyDecoder.V, new int[] {0, 1, 3});
  }

  Model load(String tier) throws IOException {
    return load(ModelOptions.DEFAULT.withKernels(tier).withThreads(2));
  }

  Model load(ModelOptions options) throws IOException {
    return Model.load(name, MemorySegment.ofArray(file), options);
  }

  /** The same tokens for the same seed. */
  int[] tokens(long seed, int count) {
    return new Random(seed).ints(count, 1, vocabulary).toArray();
  }

  /** The bits of the logits after each of some tokens, one after the other. */
  static int[] logits(Session session, int[] tokens) {
    List<int[]> all = new ArrayList<>();
    session.score(tokens, (index, logits) -> all.add(logits.toArray(ValueLayout.JAVA_INT)));
    return all.stream().flatMapToInt(Arrays::stream).toArray();
  }
}
