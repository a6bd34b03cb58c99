package io.picaflor;

import io.picaflor.sampling.Sampler;
import io.picaflor.session.PeakMemory;
import io.picaflor.session.StopMatcher;
import io.picaflor.tokenizer.StreamingDecoder;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * The tokens of one answer, computed as they are asked for: each {@link #next} runs the model once.
 *
 * <p>One pass; use it in a {@code for} loop inside a {@code try}. It ends when the model stops, a limit is reached, it is
 * cancelled or closed; {@link #finishReason} says which. Closed early, it leaves the session at the last token that was handed
 * out, ready for the next call.
 *
 * <p>Belongs to the session's thread, except {@link #cancel}, which any thread may call.
 */
public final class TokenStream implements Iterator<Token>, Iterable<Token>, AutoCloseable {
  private final Session session;
  private final Model model;
  private final GenerationOptions options;
  private final Sampler sampler;
  private final StopMatcher stops;
  private final StreamingDecoder decoder;
  private final int[] prompt;
  private final int promptStart;
  private final long startNanos;
  private final long tokenizedNanos;

  /** Tokens that may still turn out to belong to a stop sequence, and tokens ready to be handed out. */
  private final Deque<Token> held = new ArrayDeque<>();

  private final Deque<Token> ready = new ArrayDeque<>();
  private final StringBuilder text = new StringBuilder();
  private volatile boolean cancelled;
  private FinishReason finishReason;
  private boolean started;
  private boolean closed;
  private int generated;
  private int handedOut;
  private long prefillNanos;
  private long firstTokenNanos;
  private int decodeTokens;
  private long decodeNanos;

  TokenStream(
      Session session,
      Model model,
      GenerationOptions options,
      int[] prompt,
      int promptStart,
      long startNanos,
      long tokenizedNanos) {
    this.session = session;
    this.model = model;
    this.options = options;
    this.sampler = new Sampler(model.kernels(), options, model.specialTokens().suppressed());
    List<int[]> stopTokens = options.ignoreStopTokens() ? List.of() : model.specialTokens().stops();
    this.stops = new StopMatcher(stopTokens, options.stopSequences());
    this.decoder = model.tokenizer().map(tokenizer -> tokenizer.newDecoder(true)).orElse(null);
    this.prompt = prompt;
    this.promptStart = promptStart;
    this.startNanos = startNanos;
    this.tokenizedNanos = tokenizedNanos;
  }

  /** Itself: a stream can be read once. */
  @Override
  public Iterator<Token> iterator() {
    return this;
  }

  /**
   * Whether there is another token; computes it if need be.
   *
   * @throws java.io.UncheckedIOException if the model's file was changed or cut while it is in use
   */
  @Override
  public boolean hasNext() {
    while (ready.isEmpty() && finishReason == null) {
      session.enter();
      try {
        step();
      } finally {
        session.exit();
      }
    }
    return !ready.isEmpty();
  }

  /** The next token. */
  @Override
  public Token next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the stream has ended: " + finishReason);
    }
    Token token = ready.remove();
    handedOut++;
    text.append(token.text());
    return token;
  }

  private void step() {
    MemorySegment logits = feed();
    if (logits == null) {
      finish(FinishReason.CANCELLED);
      return;
    }
    int id = sampler.next(logits, model.vocabularySize());
    boolean room = session.append(id);
    Token token = new Token(id, textOf(id), generated++);
    held.add(token);
    if (firstTokenNanos == 0) {
      firstTokenNanos = System.nanoTime();
    }
    int stopped = stops.matched(heldIds());
    if (stopped > 0) {
      for (int i = 0; i < stopped; i++) {
        held.removeLast();
      }
      finish(FinishReason.STOP_TOKEN);
      return;
    }
    int cut = stops.found(heldText());
    if (cut >= 0) {
      cutHeld(cut);
      finish(FinishReason.STOP_SEQUENCE);
    } else if (generated >= options.maxNewTokens()) {
      finish(FinishReason.MAX_TOKENS);
    } else if (!room) {
      finish(FinishReason.CONTEXT_FULL);
    } else {
      release();
    }
  }

  /** What an id adds to the text. Graphs may have more rows than the tokenizer has pieces; those are padding and no text. */
  private String textOf(int id) {
    boolean isPiece = decoder != null && id < model.tokenizer().orElseThrow().vocabularySize();
    return isPiece ? decoder.append(id) : "";
  }

  /** Brings the context up to date and gives the logits of its last token; {@code null} if cancelled. */
  private MemorySegment feed() {
    if (isCancelled()) {
      return null;
    }
    long before = System.nanoTime();
    MemorySegment logits = session.logits(this::isCancelled);
    long took = System.nanoTime() - before;
    if (logits == null) {
      return null;
    }
    if (started) {
      decodeTokens++;
      decodeNanos += took;
    } else {
      started = true;
      prefillNanos = took;
    }
    PeakMemory.sample();
    return logits;
  }

  private boolean isCancelled() {
    return cancelled || Thread.currentThread().isInterrupted();
  }

  /** Hands on the held tokens that can no longer belong to a stop sequence. */
  private void release() {
    int keepIds = stops.begun(heldIds());
    String heldText = heldText();
    int keepCharacters = stops.begun(heldText);
    int released = 0;
    while (held.size() > keepIds && released + held.peek().text().length() <= heldText.length() - keepCharacters) {
      Token token = held.remove();
      released += token.text().length();
      ready.add(token);
    }
  }

  /** Drops the held text from a character on, with the tokens that hold nothing else. */
  private void cutHeld(int characters) {
    List<Token> kept = new ArrayList<>();
    int at = 0;
    for (Token token : held) {
      if (at >= characters) {
        break;
      }
      int end = Math.min(token.text().length(), characters - at);
      kept.add(new Token(token.id(), token.text().substring(0, end), token.index()));
      at += token.text().length();
    }
    held.clear();
    held.addAll(kept);
  }

  private int[] heldIds() {
    return held.stream().mapToInt(Token::id).toArray();
  }

  private String heldText() {
    StringBuilder all = new StringBuilder();
    held.forEach(token -> all.append(token.text()));
    return all.toString();
  }

  /** Ends the stream; what is held becomes ready, the last token with the text that still waits for bytes. */
  private void finish(FinishReason reason) {
    finishReason = reason;
    String rest = decoder == null || reason == FinishReason.STOP_SEQUENCE ? "" : decoder.finish();
    if (!rest.isEmpty() && !held.isEmpty()) {
      Token last = held.removeLast();
      held.add(new Token(last.id(), last.text() + rest, last.index()));
    }
    ready.addAll(held);
    held.clear();
  }

  /** Asks the stream to end before its next step, in the middle of a prompt too. For any thread. */
  public void cancel() {
    cancelled = true;
  }

  /** The text of all tokens that were handed out. */
  public String text() {
    return text.toString();
  }

  /** Why the stream ended; empty while it goes on or has tokens left. */
  public Optional<FinishReason> finishReason() {
    return ready.isEmpty() ? Optional.ofNullable(finishReason) : Optional.empty();
  }

  /** The number of prompt tokens, with a start token. */
  public int promptTokens() {
    return prompt.length;
  }

  /** What it took so far. */
  public Timings timings() {
    return new Timings(
        model.loadPhases().total(),
        model.loadPhases(),
        model.weightCache().outcome(),
        model.weightCache().reason(),
        model.kernels().description(),
        model.network(),
        model.threads(),
        session.setup(),
        Duration.ofNanos(tokenizedNanos - startNanos),
        started ? prompt.length : 0,
        Duration.ofNanos(prefillNanos),
        firstTokenNanos == 0 ? Optional.empty() : Optional.of(Duration.ofNanos(firstTokenNanos - startNanos)),
        decodeTokens,
        Duration.ofNanos(decodeNanos),
        PeakMemory.resident(),
        PeakMemory.anonymous(),
        ProcessHandle.current().info().totalCpuDuration());
  }

  /** Ends the stream. The session goes back to the last token that was handed out. A second time does nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (finishReason == null) {
      finishReason = FinishReason.CANCELLED;
    }
    ready.clear();
    held.clear();
    session.settle(promptStart + (started ? prompt.length + handedOut : 0));
  }
}
