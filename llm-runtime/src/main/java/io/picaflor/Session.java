package io.picaflor;

import io.picaflor.kvcache.KvTransfer;
import io.picaflor.session.Executor;
import io.picaflor.session.IntSequence;
import io.picaflor.session.SavedSession;
import io.picaflor.tokenizer.PromptPart;
import io.picaflor.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * One context of a {@link Model}: the tokens so far, and what the model remembers of them.
 *
 * <p>Each {@code generate} goes on where the last one ended. Belongs to one thread at a time: a call while another thread is
 * in one is refused with an {@link IllegalStateException}; only {@link #close} waits for it.
 */
public final class Session implements AutoCloseable {
  private final Model model;
  private final Executor executor;
  private final Duration setup;
  private final ReentrantLock use = new ReentrantLock();

  /** All tokens of the context, oldest first. The executor has been fed a prefix of them, perhaps with some more behind it. */
  private final IntSequence context = new IntSequence();

  private TokenStream current;
  private boolean closed;

  /**
   * An empty context.
   *
   * @param setup what making the executor took
   */
  Session(Model model, Executor executor, Duration setup) {
    this.model = model;
    this.executor = executor;
    this.setup = setup;
  }

  Duration setup() {
    return setup;
  }

  /** Generates with the file's own defaults; see {@link #generate(String, GenerationOptions)}. */
  public TokenStream generate(String text) {
    return generate(text, model.defaultOptions());
  }

  /**
   * Appends raw text to the context and generates what follows. In an empty context the model's start token is put before it.
   *
   * @throws IllegalArgumentException if the text is empty
   * @throws ContextOverflowException if the context has not so much room
   * @throws UnsupportedOperationException if the model has no tokenizer
   * @throws IllegalStateException if the session is closed or in use by another thread
   */
  public TokenStream generate(String text, GenerationOptions options) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("the prompt is empty");
    }
    long start = System.nanoTime();
    return generate(withStart(requireTokenizer().encode(text)), options, start);
  }

  /**
   * Appends tokens to the context as they are, without a start token, and generates what follows.
   *
   * @throws IllegalArgumentException if there are none, or an id is outside the vocabulary
   * @throws ContextOverflowException if the context has not so much room
   * @throws IllegalStateException if the session is closed or in use by another thread
   */
  public TokenStream generate(int[] tokens, GenerationOptions options) {
    return generate(tokens.clone(), options, System.nanoTime());
  }

  private TokenStream generate(int[] tokens, GenerationOptions options, long start) {
    enter();
    try {
      endCurrent();
      return begin(tokens, options, start);
    } finally {
      exit();
    }
  }

  /**
   * Makes the context that of a whole prompt, keeping what both begin with, and generates what follows: how a conversation
   * goes on without computing its history again.
   */
  TokenStream generate(List<PromptPart> prompt, GenerationOptions options) {
    long start = System.nanoTime();
    int[] tokens = requireTokenizer().encode(prompt);
    OptionalInt first = model.specialTokens().start();
    if (first.isPresent() && (tokens.length == 0 || tokens[0] != first.getAsInt())) {
      tokens = prepend(first.getAsInt(), tokens);
    }
    enter();
    try {
      endCurrent();
      if (tokens.length > contextLength()) {
        throw new ContextOverflowException(tokens.length, contextLength(), contextLength());
      }
      int shared = 0;
      // The last token is always fed anew: its logits are what the answer begins with.
      while (shared < tokens.length - 1 && shared < context.size() && tokens[shared] == context.get(shared)) {
        shared++;
      }
      truncate(shared);
      return begin(Arrays.copyOfRange(tokens, shared, tokens.length), options, start);
    } finally {
      exit();
    }
  }

  private TokenStream begin(int[] tokens, GenerationOptions options, long start) {
    requireFitting(tokens);
    long tokenized = System.nanoTime();
    current = new TokenStream(this, model, options, tokens, context.size(), start, tokenized);
    context.add(tokens);
    return current;
  }

  /**
   * Appends raw text to the context and computes it, without asking for an answer: what follows it begins at once then, here,
   * in a {@link #fork} or from a {@linkplain #save saved} file. In an empty context the model's start token is put before it.
   *
   * <p>An interrupt ends it within one step. The context has the text then; what is missing is computed when it is needed.
   *
   * @throws IllegalArgumentException if the text is empty
   * @throws ContextOverflowException if the context has not so much room
   * @throws UnsupportedOperationException if the model has no tokenizer
   * @throws IllegalStateException if the session is closed or in use by another thread
   */
  public void prefill(String text) {
    prefill(withStart(requireTokenizer().encode(text)));
  }

  /** The same with tokens as they are, without a start token; see {@link #prefill(String)}. */
  public void prefill(int[] tokens) {
    enter();
    try {
      endCurrent();
      requireFitting(tokens);
      context.add(tokens);
      executor.prefill(
          context.range(executor.position(), context.size()), Thread.currentThread()::isInterrupted);
    } catch (InternalError fault) {
      throw new UncheckedIOException(model.explain(fault));
    } finally {
      exit();
    }
  }

  /**
   * Feeds tokens to an empty or filled context one by one and gives the logits after each: how a text is scored.
   *
   * @param visitor called for each token with its index in {@code tokens} and the logits of the token after it, one float32
   *     for each id in native order, valid during the call
   */
  public void score(int[] tokens, LogitsVisitor visitor) {
    enter();
    try {
      endCurrent();
      for (int id : tokens) {
        requireInVocabulary(id);
      }
      if (tokens.length > remaining()) {
        throw new ContextOverflowException(tokens.length, remaining(), contextLength());
      }
      for (int i = 0; i < tokens.length; i++) {
        context.add(tokens[i]);
        visitor.visit(i, logits(() -> false));
      }
    } finally {
      exit();
    }
  }

  /** Reads the logits of one position. */
  @FunctionalInterface
  public interface LogitsVisitor {
    /** Logits after the token at {@code index}. */
    void visit(int index, MemorySegment logits);
  }

  private void requireFitting(int[] tokens) {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("the prompt is empty");
    }
    for (int id : tokens) {
      requireInVocabulary(id);
    }
    if (tokens.length > remaining()) {
      throw new ContextOverflowException(tokens.length, remaining(), contextLength());
    }
  }

  private void requireInVocabulary(int id) {
    if (id < 0 || id >= model.vocabularySize()) {
      throw new IllegalArgumentException(
          "token id " + id + " is outside the vocabulary of 0 to " + (model.vocabularySize() - 1));
    }
  }

  private int[] withStart(int[] tokens) {
    OptionalInt start = model.specialTokens().start();
    boolean needed = start.isPresent() && context.size() == 0 && (tokens.length == 0 || tokens[0] != start.getAsInt());
    return needed ? prepend(start.getAsInt(), tokens) : tokens;
  }

  private static int[] prepend(int first, int[] tokens) {
    int[] all = new int[tokens.length + 1];
    all[0] = first;
    System.arraycopy(tokens, 0, all, 1, tokens.length);
    return all;
  }

  private Tokenizer requireTokenizer() {
    return model.tokenizer().orElseThrow(
        () -> new UnsupportedOperationException(
            model.name() + ": the file has no tokenizer; give token ids instead of text"));
  }

  /**
   * The logits after the last token of the context, which is brought up to date first; {@code null} if cancelled before.
   *
   * <p>Where the executor has been fed tokens that are no longer of the context, it goes back as far as needed.
   */
  MemorySegment logits(BooleanSupplier cancelled) {
    try {
      if (executor.position() >= context.size()) {
        executor.rewind(context.size() - 1);
      }
      int fed = executor.position();
      return fed == context.size() - 1
          ? executor.decode(context.get(fed))
          : executor.evaluate(context.range(fed, context.size()), cancelled);
    } catch (InternalError fault) {
      throw new UncheckedIOException(model.explain(fault));
    }
  }

  /** Called once by a stream that is closed: the context keeps its tokens up to a size, if it has so many. */
  void settle(int size) {
    use.lock();
    try {
      if (!closed && size < context.size()) {
        truncate(size);
      }
    } finally {
      use.unlock();
    }
  }

  /** Appends a generated token; whether there was room for it. */
  boolean append(int token) {
    if (remaining() == 0) {
      return false;
    }
    context.add(token);
    return true;
  }

  /** Goes back to an earlier size of the context. The executor follows when it is fed again. */
  void truncate(int size) {
    if (executor.position() > size) {
      executor.rewind(size);
    }
    context.truncate(size);
  }

  /** The number of tokens in the context. */
  public int position() {
    return context.size();
  }

  /** The most tokens that the context holds. */
  public int contextLength() {
    return executor.contextLength();
  }

  /** The number of tokens that there is still room for. */
  public int remaining() {
    return contextLength() - context.size();
  }

  /**
   * Forgets all tokens after a position; a stream that is still open ends.
   *
   * @throws IllegalArgumentException if the context has not so many tokens
   */
  public void rewind(int position) {
    enter();
    try {
      endCurrent();
      if (position < 0 || position > context.size()) {
        throw new IllegalArgumentException(
            "rewind: expected a position of 0 to " + context.size() + ", found " + position);
      }
      truncate(position);
    } finally {
      exit();
    }
  }

  /**
   * A new session of the same model that has the same context; each goes its own way from now on. What was computed is copied,
   * not computed again. A stream of this session that is still open ends.
   *
   * @throws OutOfMemoryError if the machine has not so much memory; this session is as it was
   */
  public Session fork() {
    enter();
    try {
      endCurrent();
      Session fork = model.newSession(executor::fork);
      fork.context.add(context.range(0, context.size()));
      return fork;
    } finally {
      exit();
    }
  }

  /**
   * Saves the context to a file, from which {@link Model#restore} makes a session that goes on with it, at any time and in any
   * process. A stream of this session that is still open ends; else the session stays as it is.
   *
   * <p>The file holds a fingerprint of the model's file, the context's length, all tokens, and of those that were computed the keys
   * and values, as float32 or bfloat16 as the model keeps them, position by position, with checksums
   * ({@code docs/saved-sessions.md}). It is about as large as what the session keeps in memory. Where the reference executor runs
   * the model, the file holds the tokens alone, and they are computed again.
   *
   * <p>The text can be read from it: the file is for its owner only, where the file system knows of owners. It is written beside its
   * place and then moved there, so an older one stays until the new one is complete.
   *
   * @throws IOException if the file cannot be written
   */
  public void save(Path file) throws IOException {
    enter();
    try {
      endCurrent();
      SavedSession.save(
          file, model.fingerprint(), contextLength(), context.range(0, context.size()), executor.transfer());
    } finally {
      exit();
    }
  }

  /** Fills this empty session with a saved one of the same model and length. */
  void goOnFrom(SavedSession saved) throws IOException {
    Optional<KvTransfer> transfer = executor.transfer();
    if (transfer.isPresent()) {
      saved.restore(transfer.get());
    }
    context.add(saved.tokens());
  }

  private void endCurrent() {
    if (current != null) {
      current.close();
      current = null;
    }
  }

  /** Begins the use of the session by this thread, for a moment. */
  void enter() {
    if (!use.tryLock()) {
      throw new IllegalStateException(
          "the session is in use by another thread; each thread needs a session of its own");
    }
    if (closed) {
      use.unlock();
      throw new IllegalStateException("the session is closed");
    }
  }

  void exit() {
    use.unlock();
  }

  /** Frees the context; an open stream ends. Waits for a step that another thread is in. A second time does nothing. */
  @Override
  public void close() {
    use.lock();
    try {
      if (closed) {
        return;
      }
      endCurrent();
      closed = true;
      executor.close();
    } finally {
      use.unlock();
    }
    model.release();
  }
}
