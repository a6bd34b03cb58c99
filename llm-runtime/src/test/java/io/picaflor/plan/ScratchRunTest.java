package io.picaflor.plan;

import io.picaflor.graph.*;
import io.picaflor.kernels.*;
import io.picaflor.kvcache.*;
import io.picaflor.model.ModelFile;
import io.picaflor.reference.*;
import io.picaflor.session.Executor;
import java.lang.foreign.*;
import java.nio.file.*;
import java.util.*;
import org.junit.jupiter.api.Test;

class ScratchRunTest {
  @Test
  void all() throws Exception {
    List<Path> files = new ArrayList<>();
    String only = System.getProperty("only", "");
    try (var s = Files.list(Path.of("/work/shared/models"))) {
      s.filter(p -> p.toString().matches(".*" + only + ".*(litertlm|task|tflite)")).sorted().forEach(files::add);
    }
    for (Path p : files) {
      try (ModelFile f = ModelFile.open(p); Arena arena = Arena.ofShared(); Workers w = new Workers(2)) {
        Kernels k = Kernels.choose(System.getProperty("tier", "scalar"));
        ReferenceNetwork ref = new ReferenceNetwork(f, k, w, arena);
        PlannedNetwork plan = new PlannedNetwork(f.name(), new ModelSignatures(f), k, w,
            new Constants(f.name(), k, arena), MemorySource.ALLOCATED, KvLayout.Precision.F32);
        Random r = new Random(1);
        double worst = 0, sum = 0;
        int n = 0;
        double inv = 0;
        try (Executor a = ref.newExecutor(ref.contextLength()); Executor b = plan.newExecutor(ref.contextLength());
            Executor c = plan.newExecutor(ref.contextLength())) {
          int[] toks = new int[30];
          for (int i = 0; i < 30; i++)
            toks[i] = 1 + r.nextInt(ref.vocabularySize() - 1);
          float[] last = null;
          for (int i = 0; i < 30; i++) {
            float[] x = a.decode(toks[i]).toArray(ValueLayout.JAVA_FLOAT),
                y = b.decode(toks[i]).toArray(ValueLayout.JAVA_FLOAT);
            for (int j = 0; j < x.length; j++) {
              double d = Math.abs(x[j] - y[j]);
              if (!(d <= worst))
                worst = d;
              sum += d * d;
              n++;
            }
            last = y;
          }
          c.prefill(Arrays.copyOf(toks, 29), () -> false);
          float[] y = c.decode(toks[29]).toArray(ValueLayout.JAVA_FLOAT);
          for (int j = 0; j < y.length; j++)
            if (Float.floatToRawIntBits(y[j]) != Float.floatToRawIntBits(last[j]))
              inv++;
        }
        System.out.printf("RUN %s worst %.2e rms %.2e variant bits %d chunk %d body %d head %d taken %s%n",
            p.getFileName(), worst, Math.sqrt(sum / n), (long) inv, plan.chunk(), plan.plan().body().size(),
            plan.plan().head().size(), plan.plan().taken());
      } catch (NotPlannable e) {
        System.out.println("-- " + p.getFileName() + ": " + e.getMessage());
      } catch (Throwable e) {
        System.out.println("RUN !! " + p.getFileName() + ": " + e);
        e.printStackTrace(System.out);
      }
    }
  }
}
