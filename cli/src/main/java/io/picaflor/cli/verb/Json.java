package io.picaflor.cli.verb;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.LoadPhases;
import io.picaflor.Timings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** JSON as the verbs read and write it: one object a line, timings under the names that all documents use. */
public final class Json {
  public static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  /** Answers one request. */
  @FunctionalInterface
  public interface Answer {
    ObjectNode to(JsonNode request) throws IOException;
  }

  /** Reads requests from stdin, one a line, and writes an answer for each; blank lines are passed over. */
  public static void serve(Output output, Answer answer) throws IOException {
    serve(System.in, output, answer);
  }

  static void serve(InputStream in, Output output, Answer answer) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    int number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      try {
        JsonNode request = MAPPER.readTree(line);
        if (!request.isObject()) {
          throw new IllegalArgumentException("expected a JSON object");
        }
        output.println(MAPPER.writeValueAsString(answer.to(request)));
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException("line " + number + " of stdin: no JSON: " + e.getOriginalMessage(), e);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("line " + number + " of stdin: " + e.getMessage(), e);
      }
    }
  }

  /** An array of integers of a request. */
  public static int[] ints(JsonNode request, String field) {
    JsonNode array = request.get(field);
    if (array == null || !array.isArray()) {
      throw new IllegalArgumentException("'" + field + "': expected a list of token ids");
    }
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      if (!array.get(i).canConvertToInt() || !array.get(i).isIntegralNumber()) {
        throw new IllegalArgumentException("'" + field + "': expected a token id, found " + array.get(i));
      }
      values[i] = array.get(i).intValue();
    }
    return values;
  }

  /** Timings as an object. */
  public static ObjectNode timings(Timings timings) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("load_ms", millis(timings.load()));
    loadPhases(node.putObject("load_phases"), timings.loadPhases());
    node.put("weight_cache", timings.weightCache());
    node.put("weight_cache_reason", timings.weightCacheReason());
    node.put("kernels", timings.kernels());
    node.put("network", timings.network());
    node.put("threads", timings.threads());
    node.put("session_ms", millis(timings.session()));
    node.put("tokenization_ms", millis(timings.tokenization()));
    node.put("prefill_tokens", timings.prefillTokens());
    node.put("prefill_ms", millis(timings.prefill()));
    node.put("prefill_tps", rounded(timings.prefillTokensPerSecond()));
    timings.timeToFirstToken().ifPresent(time -> node.put("ttft_ms", millis(time)));
    node.put("decode_tokens", timings.decodeTokens());
    node.put("decode_ms", millis(timings.decode()));
    node.put("decode_tps", rounded(timings.decodeTokensPerSecond()));
    timings.peakResidentBytes().ifPresent(bytes -> node.put("peak_rss_mb", megabytes(bytes)));
    timings.peakAnonymousBytes().ifPresent(bytes -> node.put("peak_anon_mb", megabytes(bytes)));
    timings.cpu().ifPresent(time -> node.put("cpu_s", rounded(time.toMillis() / 1000.0)));
    return node;
  }

  private static void loadPhases(ObjectNode node, LoadPhases phases) {
    node.put("open_ms", millis(phases.open()));
    node.put("kernels_ms", millis(phases.kernels()));
    node.put("plan_ms", millis(phases.plan()));
    node.put("weights_ms", millis(phases.weights()));
    node.put("tokenizer_ms", millis(phases.tokenizer()));
  }

  /** A time in milliseconds, with microseconds behind the point. */
  public static double millis(Duration duration) {
    return rounded(duration.toNanos() / 1e6);
  }

  private static double megabytes(long bytes) {
    return rounded(bytes / 1024.0 / 1024.0);
  }

  /** A measured value with the digits that mean something: three after the point. */
  public static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
