package io.picaflor.plan;

import io.picaflor.graph.*;
import io.picaflor.model.ModelFile;
import java.nio.file.*;
import java.util.*;
import org.junit.jupiter.api.Test;

class ScratchLiftTest {
  @Test
  void all() throws Exception {
    List<Path> files = new ArrayList<>();
    try (var s = Files.list(Path.of("/work/shared/models"))) {
      s.filter(p -> p.toString().matches(".*(litertlm|task|tflite)")).sorted().forEach(files::add);
    }
    try (var s = Files.list(Path.of(System.getProperty("user.home") + "/.cache/picaflor-lab/models"))) {
      s.filter(p -> p.toString().endsWith(".litertlm")).sorted().forEach(files::add);
    }
    int ok = 0;
    for (Path p : files) {
      long t = System.nanoTime();
      try (ModelFile f = ModelFile.open(p)) {
        ModelSignatures sig = new ModelSignatures(f);
        FormGraph g = new FormGraph();
        ModelLifting l = new ModelLifting(sig, g);
        List<Matcher> ms = List.of(new IdentityMatcher(), new ScaleMatcher(), new NormMatcher(), new LayerNormMatcher(),
            new ActivationMatcher(), new RotaryMatcher(),
            new AttentionMatcher(new SlotMath(sig.contextLength(), sig.slidingWindow().orElse(Integer.MAX_VALUE))));
        Rewriting r = new Rewriting(g, ms);
        Map<String, Form> d = new TreeMap<>(l.decode());
        d.replaceAll((k, v) -> r.of(v));
        for (var e : d.entrySet())
          if (!e.getKey().equals("logits") && !(e.getValue().kind() instanceof Kind.Store))
            throw new NotPlannable(e.getKey() + " is " + e.getValue());
        String w = "";
        for (String n : sig.prefillNames()) {
          if (p.toString().contains("starcoder"))
            for (FlatNode fn : FlatNode.flatten(sig.main(n)).nodes().subList(0, 30))
              System.out.println("NODE " + fn.where() + " "
                  + fn.node().inputs().stream()
                      .map(x -> x.map(y -> y.describe() + (y.isConstant() ? "*" : "")).orElse("-")).toList()
                  + " -> " + fn.node().outputs().stream().map(y -> y.describe()).toList());
          Map<String, Form> pf = new TreeMap<>(l.prefill(sig.main(n)));
          pf.replaceAll((k, v) -> r.of(v));
          if (p.toString().contains("starcoder"))
            System.out.println("PREFILL " + tree(pf.get("kv_cache_k_0").input(1), 12));
          if (p.toString().contains("starcoder"))
            System.out.println("DEC " + tree(d.get("kv_cache_k_0").input(1), 12));
          if (p.toString().contains("starcoder"))
            for (Form x : Rewriting.reachable(List.of(d.get("kv_cache_k_0"))))
              if (x.kind() instanceof Kind.LayerNorm)
                for (Form c : x.inputs())
                  if (c.kind() instanceof Kind.Constant)
                    System.out.println(Arrays.toString(ConstantValues.floats(c.tensor().get())));
          Witness.compare(n, d, pf);
          w += " " + n;
        }
        if (p.toString().contains("_gpu_"))
          for (Form x : Rewriting.reachable(d.values()))
            if (x.kind() instanceof Kind.Product)
              System.out.println("GPU " + tree(x, 8));
        Map<String, Integer> kinds = new TreeMap<>();
        for (Form x : Rewriting.reachable(d.values()))
          kinds.merge(
              x.kind().getClass().getSimpleName() + (x.kind() instanceof Kind.Elementwise
                  || x.kind() instanceof Kind.Other || x.kind() instanceof Kind.Reduce ? ":" + x.kind().label() : ""),
              1, Integer::sum);
        kinds.remove("Constant");
        kinds.remove("Linear");
        kinds.remove("Store");
        kinds.remove("State");
        kinds.remove("Reshape");
        boolean bad = kinds.containsKey("Product");
        System.out.println(
            (bad ? "PROD " : "OK ") + p.getFileName() + w + " " + (System.nanoTime() - t) / 1000000 + " ms " + kinds);
        if (!bad)
          ok++;
      } catch (NotPlannable e) {
        System.out.println("-- " + p.getFileName() + ": " + e.getMessage());
      }
    }
    System.out.println("planned " + ok + " of " + files.size());
  }

  static String tree(Form f, int depth) {
    String k = f.kind() instanceof Kind.Slice || f.kind() instanceof Kind.Product || f.kind() instanceof Kind.Broadcast
        || f.kind() instanceof Kind.Transpose
            ? f.kind().toString()
            : f.kind() instanceof Kind.Constant ? f.number().map(String::valueOf).orElse("const") : f.kind().label();
    return k + f.shape()
        + (depth == 0 || f.inputs().isEmpty()
            ? ""
            : "(" + String.join(", ", f.inputs().stream().map(i -> tree(i, depth - 1)).toList()) + ")");
  }
}
