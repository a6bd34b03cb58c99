package io.picaflor.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.Timings;
import io.picaflor.cli.verb.Json;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;

/**
 * All runs of one workload with one number of threads.
 *
 * @param first the run that was the first of the process, if it is one of these: kept apart, as a JVM is slow at first
 * @param warm the runs that count; empty if the first is the only one
 * @param startToFirstNanos from the start of the process to the first token of {@code first}
 * @param bytesPerToken weights that decoding a token reads
 */
record Result(
    Workload workload, Optional<Run> first, List<Run> warm, OptionalLong startToFirstNanos,
    OptionalLong bytesPerToken) {

  /** The runs that the figures are taken from: the warm ones, or the first if there is no other. */
  List<Run> counted() {
    return warm.isEmpty() ? List.of(first.orElseThrow()) : warm;
  }

  Spread prefillTps() {
    return spread(Run::prefillTps);
  }

  Spread decodeTps() {
    return spread(Run::decodeTps);
  }

  Spread ttftMillis() {
    return spread(run -> run.ttftNanos() / 1e6);
  }

  private Spread spread(ToDoubleFunction<Run> value) {
    return new Spread(counted().stream().mapToDouble(value).toArray());
  }

  /** The times between successive tokens of all counted runs; empty where nothing was decoded. */
  Optional<Spread> gapsMillis() {
    double[] gaps = counted().stream().flatMapToLong(run -> Arrays.stream(run.gaps())).mapToDouble(gap -> gap / 1e6)
        .toArray();
    return gaps.length == 0 ? Optional.empty() : Optional.of(new Spread(gaps));
  }

  /** What the runtime says of itself after the last run. */
  Timings timings() {
    return counted().getLast().timings();
  }

  /** Adds the figures to an object. */
  void describe(ObjectNode node) {
    ObjectNode timings = Json.timings(timings());
    for (String name : List.of("kernels", "network", "threads", "weight_cache", "load_ms")) {
      node.set(name, timings.get(name));
    }
    node.put("init_s", timings.get("load_ms").doubleValue() / 1000);
    bytesPerToken.ifPresent(bytes -> node.put("bytes_per_token", bytes));
    node.put("prefill_tokens", workload.prefillTokens());
    node.put("decode_tokens", workload.decodeTokens());
    node.put("depth", workload.depth());
    node.put("repetitions", counted().size());
    node.put("counted", warm.isEmpty() ? "first" : "warm");
    put(node, "prefill_tps", prefillTps());
    if (workload.decodeTokens() > 0) {
      put(node, "decode_tps", decodeTps());
    }
    put(node, "ttft_ms", ttftMillis());
    startToFirstNanos.ifPresent(nanos -> {
      node.put("start_to_first_ms", Json.rounded(nanos / 1e6));
      node.put("ttft_s", Json.rounded(nanos / 1e9));
    });
    gapsMillis().ifPresent(gaps -> node.set("itl_ms", gaps(gaps)));
    for (String name : List.of("peak_rss_mb", "peak_anon_mb")) {
      if (timings.has(name)) {
        node.set(name, timings.get(name));
      }
    }
    first.ifPresent(run -> node.set("first", describe(run)));
    ArrayNode list = node.putArray("warm");
    warm.forEach(run -> list.add(describe(run)));
  }

  private static void put(ObjectNode node, String name, Spread spread) {
    node.put(name, Json.rounded(spread.median()));
    node.put(name + "_min", Json.rounded(spread.min()));
    node.put(name + "_max", Json.rounded(spread.max()));
  }

  private static ObjectNode gaps(Spread gaps) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("p50", Json.rounded(gaps.percentile(0.5)));
    node.put("p95", Json.rounded(gaps.percentile(0.95)));
    node.put("max", Json.rounded(gaps.max()));
    return node;
  }

  private static ObjectNode describe(Run run) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("prefill_tps", Json.rounded(run.prefillTps()));
    node.put("ttft_ms", Json.rounded(run.ttftNanos() / 1e6));
    if (run.gaps().length > 0) {
      node.put("decode_tps", Json.rounded(run.decodeTps()));
      node.set("itl_ms", gaps(new Spread(Arrays.stream(run.gaps()).mapToDouble(gap -> gap / 1e6).toArray())));
    }
    return node;
  }
}
