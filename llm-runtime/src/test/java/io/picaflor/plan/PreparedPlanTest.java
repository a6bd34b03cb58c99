package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.DemoModel;
import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ModelSignatures;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Tensor;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.KvLayout;
import io.picaflor.kernels.Workers;
import io.picaflor.kvcache.MemorySource;
import io.picaflor.model.ModelFile;
import io.picaflor.reference.Constants;
import io.picaflor.reference.MemoryBudget;
import io.picaflor.session.Executor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;

/**
 * A plan that was written and read is the one that was made of the graph; one that was damaged is refused, or stays inside of its
 * memory.
 */
class PreparedPlanTest {
  /** Of plans of models that stand in the checkout or beside it. */
  private static final Map<String, String> DIGESTS = Map.of(
      "demo_q8.litertlm", "aa4bae6b0ce2505f",
      "tiny_gemma3_q8.litertlm", "82886db351b7812f",
      "tiny_hf_lfm2_q8fc.litertlm", "16c820cca3e56236",
      "tiny_hf_smollm3_q4c.litertlm", "0c2e7545610749c2",
      "tiny_qwen3_mixed48.litertlm", "f690c26146e5ee71");

  private static byte[] everyKind(EveryKind kinds) throws NotPlannable {
    return PlanWriter.write(kinds.plan(), EveryKind.CONTEXT, kinds.file()).orElseThrow();
  }

  private static void assertSame(Plan expected, Plan found) {
    assertEquals(text(expected), text(found));
    assertEquals(List.copyOf(expected.states().keySet()), List.copyOf(found.states().keySet()));
  }

  /** All of a plan's forms, steps in order, but for the identity of constants; the dimensions of sums follow from shapes. */
  private static String text(Plan plan) {
    List<Form> roots = new ArrayList<>(plan.states().values());
    roots.add(plan.logits());
    Map<Form, Integer> numbers = new HashMap<>();
    StringBuilder text = new StringBuilder();
    for (Form form : Rewriting.reachable(roots)) {
      String kind = form.kind() instanceof Kind.Elementwise sum
          ? sum.op().toString()
          : form.kind() instanceof Kind.Constant ? constant(form.tensor().orElseThrow()) : form.kind().toString();
      text.append(numbers.size()).append(": ").append(kind).append(form.type()).append(form.shape())
          .append(form.inputs().stream().map(numbers::get).toList()).append('\n');
      numbers.put(form, numbers.size());
    }
    for (List<Form> steps : List.of(plan.body(), plan.head(), plan.taken(), plan.operands())) {
      text.append(steps.stream().map(numbers::get).toList()).append('\n');
    }
    return text.toString();
  }

  private static String constant(Tensor tensor) {
    String scales = switch (tensor.quantization()) {
      case Quantization.None _ -> "";
      case Quantization.Affine affine -> affine.dimension() + " " + affine.zeroPoint() + " " + hash(affine.scales());
      case Quantization.Blockwise blocks -> blocks.blockSize() + " " + hash(blocks.scales());
    };
    return tensor.describe() + hash(tensor.data().orElseThrow()) + scales;
  }

  private static String hash(MemorySegment bytes) {
    return bytes.byteSize() + " " + Arrays.hashCode(bytes.toArray(ValueLayout.JAVA_BYTE));
  }

  @Test
  void everyKindIsReadAsItWasWritten() throws Exception {
    EveryKind kinds = new EveryKind();
    Plan plan = kinds.plan();
    byte[] form = PlanWriter.write(plan, EveryKind.CONTEXT, kinds.file()).orElseThrow();
    PreparedPlan read = PlanReader.read("form", form, kinds.file());
    assertEquals(EveryKind.CONTEXT, read.contextLength());
    assertSame(plan, read.plan());
    assertArrayEquals(form, PlanWriter.write(read.plan(), EveryKind.CONTEXT, kinds.file()).orElseThrow());
    assertArrayEquals(logits(plan, EveryKind.CONTEXT, "vector"), logits(read.plan(), EveryKind.CONTEXT, "vector"));
  }

  @Test
  void plansOfModelsAreReadAsTheyWereWritten() throws Exception {
    List<Path> paths = new ArrayList<>(PlannedModel.shared("tiny_.*"));
    paths.add(DemoModel.path());
    int read = 0;
    for (Path path : paths) {
      try (ModelFile file = ModelFile.open(path)) {
        PreparedPlan plan = Planner.prepare(new ModelSignatures(file));
        Optional<byte[]> form = PlanWriter.write(plan.plan(), plan.contextLength(), file.bytes().segment());
        boolean generic = plan.plan().body().stream().anyMatch(Binding::isGeneric)
            || plan.plan().head().stream().anyMatch(Binding::isGeneric);
        assertEquals(generic, form.isEmpty(), path.toString());
        if (form.isPresent()) {
          PreparedPlan again = PlanReader.read("form", form.get(), file.bytes().segment());
          assertEquals(plan.contextLength(), again.contextLength());
          assertSame(plan.plan(), again.plan());
          assertArrayEquals(logits(plan.plan(), plan.contextLength(), "scalar"),
              logits(again.plan(), plan.contextLength(), "scalar"));
          read++;
        }
      } catch (NotPlannable | UnsupportedModelException _) {
        // Others test what has a plan.
      }
    }
    assertTrue(read >= (paths.size() > 1 ? 15 : 1), () -> "few of " + paths);
  }

  /** A change of a pass must not meet the plans that an older program has kept. */
  @Test
  void aPlanChangesOnlyWithTheVersion() throws Exception {
    Map<String, String> found = new TreeMap<>();
    List<Path> paths = new ArrayList<>(PlannedModel.shared("tiny_.*"));
    paths.add(DemoModel.path());
    for (Path path : paths) {
      String name = path.getFileName().toString();
      if (DIGESTS.containsKey(name)) {
        try (ModelFile file = ModelFile.open(path)) {
          PreparedPlan plan = Planner.prepare(new ModelSignatures(file));
          byte[] form =
              PlanWriter.write(plan.plan(), plan.contextLength(), file.bytes().segment()).orElseThrow();
          found.put(name, HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(form), 0, 8));
        }
      }
    }
    Map<String, String> expected = new TreeMap<>(DIGESTS);
    expected.keySet().retainAll(found.keySet());
    assertEquals(expected, found, "plans changed: raise PlanForm.VERSION and put the new digests here");
  }

  @Test
  void aFormThatIsCutAnywhereIsRefused() throws Exception {
    EveryKind kinds = new EveryKind();
    byte[] form = everyKind(kinds);
    for (int length = 0; length < form.length; length++) {
      byte[] cut = Arrays.copyOf(form, length);
      var e = assertThrows(ModelFormatException.class, () -> PlanReader.read("form", cut, kinds.file()));
      assertTrue(e.getMessage().startsWith("form: "), e.getMessage());
    }
  }

  @Test
  void aFormOfAnotherVersionOrModelIsRefused() throws Exception {
    EveryKind kinds = new EveryKind();
    ByteBuffer form = ByteBuffer.wrap(everyKind(kinds)).order(ByteOrder.LITTLE_ENDIAN);
    form.putInt(8, PlanForm.VERSION + 1);
    var e = assertThrows(ModelFormatException.class, () -> PlanReader.read("form", form.array(), kinds.file()));
    assertEquals("form: expected version " + PlanForm.VERSION + ", found " + (PlanForm.VERSION + 1),
        e.getMessage());
    MemorySegment other = Arena.ofAuto().allocate(4096);
    assertThrows(ModelFormatException.class, () -> PlanReader.read("form", everyKind(kinds), other));
  }

  /** Each word in turn is another: small, large, negative, a flipped bit. */
  @Test
  void aDamagedFormIsRefusedOrRuns() throws Exception {
    EveryKind kinds = new EveryKind();
    byte[] sound = everyKind(kinds);
    int words = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN).getInt(12);
    long seed = Long.getLong("picaflor.test.seed", System.nanoTime());
    Random random = new Random(seed);
    int ran = 0;
    int refused = 0;
    for (int word = 0; word < words; word++) {
      int old = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN).getInt(4 * word);
      for (int value : new int[] {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, old + 1, old - 1,
        old ^ 1 << random.nextInt(Integer.SIZE), random.nextInt(40)}) {
        byte[] form = sound.clone();
        ByteBuffer.wrap(form).order(ByteOrder.LITTLE_ENDIAN).putInt(4 * word, value);
        String which = "word " + word + " is " + value + " in place of " + old + ", seed " + seed;
        try {
          PreparedPlan read = PlanReader.read("form", form, kinds.file());
          logits(read.plan(), read.contextLength(), "vector");
          ran++;
        } catch (ModelFormatException | NotPlannable | UnsupportedModelException e) {
          refused++;
        } catch (IllegalStateException e) {
          assertTrue(e.getMessage().startsWith("embedding: "), which + ": " + e);
        } catch (RuntimeException | Error e) {
          throw new AssertionError(which, e);
        }
      }
    }
    assertTrue(ran > words / 2 && refused > 2 * words, ran + " ran, " + refused + " were refused, of " + words);
  }

  /** The logits after a few tokens. */
  private static float[] logits(Plan plan, int contextLength, String tier) throws IOException, NotPlannable {
    Kernels kernels = Kernels.choose(tier);
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(1)) {
      PlannedNetwork network = new PlannedNetwork("model", plan, contextLength, kernels, workers,
          new Constants("model", kernels, arena, MemoryBudget.of("model", 1 << 30)), MemorySource.allocated(),
          KvLayout.Precision.F32);
      try (Executor executor = network.newExecutor(contextLength)) {
        int last = Math.min(3, network.vocabularySize() - 1);
        executor.prefill(new int[] {last, 0}, () -> false);
        return executor.decode(last).toArray(ValueLayout.JAVA_FLOAT);
      } finally {
        network.close();
      }
    }
  }
}
