package io.picaflor.plan;

import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.PackedSource;
import io.picaflor.kernels.PackedWeights;
import io.picaflor.kernels.WeightLayout;
import io.picaflor.kernels.Workers;
import io.picaflor.kvcache.MemorySource;
import io.picaflor.platform.MappedPages;
import io.picaflor.quantization.WeightMatrix;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Packs all weights of a model into memory, panels side by side on all threads, and lets go of the model file's pages behind
 * them, so that no weight takes memory twice for long.
 */
final class WeightPacking {
  /** What a thread packs in one go: enough to be worth it, little enough to share out evenly. */
  private static final long TASK_BYTES = 1 << 20;

  private record Task(WeightLayout layout, PackedSource source, int from, int to, MemorySegment target) {
    void run() {
      layout.pack(source, from, to, target);
      int first = 0;
      for (WeightMatrix part : source.parts()) {
        int begin = Math.max(from, first);
        int end = Math.min(to, first + part.rows());
        if (begin < end) {
          long rowBytes = part.values().byteSize() / part.rows();
          MappedPages.release(part.values().asSlice((begin - first) * rowBytes, (end - begin) * rowBytes));
        }
        first += part.rows();
      }
    }
  }

  private WeightPacking() {}

  /** Packs sources for a tier. */
  static PackedModel pack(List<PackedSource> sources, Kernels kernels, Workers workers, MemorySource memory) {
    List<WeightLayout> layouts = sources.stream().map(kernels::layout).toList();
    long[] offsets = new long[sources.size() + 1];
    for (int i = 0; i < sources.size(); i++) {
      long start = aligned(offsets[i], layouts.get(i).alignment());
      offsets[i] = start;
      offsets[i + 1] = start + layouts.get(i).bytes(sources.get(i), 0, sources.get(i).rows());
    }
    long bytes = Math.max(1, offsets[sources.size()]);
    MemorySource.Region region = memory.reserve(bytes).orElseGet(() -> memory.allocate(bytes));
    List<PackedWeights> packed = new ArrayList<>();
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      PackedSource source = sources.get(i);
      MemorySegment target = region.memory().asSlice(offsets[i], layouts.get(i).bytes(source, 0, source.rows()));
      addTasks(layouts.get(i), source, target, tasks);
      packed.add(kernels.bind(source, target));
    }
    try {
      workers.run(tasks.size(), i -> tasks.get(i).run());
    } catch (RuntimeException | Error e) { // such as the fault of a file that is cut meanwhile
      region.free().run();
      throw e;
    }
    return new PackedModel(packed, tasks.isEmpty() ? "none" : "memory", region.free());
  }

  private static void addTasks(WeightLayout layout, PackedSource source, MemorySegment target, List<Task> tasks) {
    if (target.byteSize() == 0) {
      return; // read in place
    }
    int panels = Math.ceilDiv(source.rows(), layout.panelRows());
    int perTask = (int) Math.max(1, TASK_BYTES * panels / target.byteSize());
    for (int panel = 0; panel < panels; panel += perTask) {
      int from = panel * layout.panelRows();
      int to = Math.min(source.rows(), (panel + perTask) * layout.panelRows());
      long at = layout.bytes(source, 0, from);
      tasks.add(new Task(layout, source, from, to, target.asSlice(at, layout.bytes(source, from, to))));
    }
  }

  private static long aligned(long offset, long alignment) {
    return Math.ceilDiv(offset, alignment) * alignment;
  }
}
