package io.picaflor.tokenizer.template;

import io.picaflor.tokenizer.template.TemplateException.Kind;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A chat template: Jinja source, parsed once, that turns a request into a prompt. Immutable, safe for many threads.
 *
 * <p>It renders as Hugging Face's library does with Jinja2 3.1.6: {@code tojson}, {@code raise_exception},
 * {@code strftime_now}, {@code generation} and loop controls are there; undefined names print as nothing; no value can
 * be changed but a {@code namespace}. What a request leaves out is undefined, which is not the same as null.
 *
 * <p>Variables are values of JSON: {@code Map} (its order is seen), {@code List}, {@code String}, {@code Boolean},
 * {@code Integer}, {@code Long}, {@code BigInteger}, {@code Double} (1 and 1.0 print differently), null; and
 * {@link TrustedText} for what the model itself provides. Templates and requests may be hostile: nothing else is in a
 * template's reach, and work, depth and memory are bounded by the constants below; the answer is then a
 * {@link TemplateException} of kind {@link Kind#LIMIT}.
 */
public final class ChatTemplate {
  /** Characters of source. The largest known template has 17,000. */
  public static final int MAX_SOURCE_CHARS = 1 << 20;

  /** Tags within tags, and brackets within brackets. */
  public static final int MAX_NESTING = 100;

  /** Levels of the tree on the stack, all macros and recursive loops that are being called taken together. */
  public static final int MAX_CALL_LEVELS = 1_500;

  /** Work of one rendering: about one for each node of the tree and each item of a list that is looked at. */
  public static final long MAX_STEPS = 50_000_000;

  /** Characters that one rendering may make, the output and all that leads to it; an item of a list counts as four. */
  public static final long MAX_TEXT_CHARS = 1L << 26;

  private final String source;
  private final TemplateParser.Program program;
  private final String[] names;
  private final int[] slots;

  private ChatTemplate(String source, TemplateParser.Program program) {
    this.source = source;
    this.program = program;
    this.names = program.variables().keySet().toArray(new String[0]);
    this.slots = new int[names.length];
    for (int i = 0; i < names.length; i++) {
      slots[i] = program.variables().get(names[i]);
    }
  }

  /**
   * Parses a template.
   *
   * @throws TemplateException of kind {@link Kind#SYNTAX} or {@link Kind#LIMIT}, with the place
   */
  public static ChatTemplate parse(String source) throws TemplateException {
    Objects.requireNonNull(source, "source");
    if (source.length() > MAX_SOURCE_CHARS) {
      String message = "the template has " + source.length() + " characters; at most " + MAX_SOURCE_CHARS + " are read";
      throw new TemplateException(Kind.LIMIT, message, 1, 1);
    }
    String lines = Lexer.normalized(source);
    try {
      return new ChatTemplate(lines, TemplateParser.parse(lines));
    } catch (Failure e) {
      throw TemplateException.at(lines, Math.max(e.position(), 0), e.kind(), e.getMessage());
    } catch (StackOverflowError e) { // nesting is counted, but a caller's thread may have next to no stack
      throw TemplateException.at(lines, 0, Kind.LIMIT, "the thread's stack is too small for this template");
    }
  }

  /**
   * The prompt for a request, with the system's clock for {@code strftime_now}.
   *
   * @throws TemplateException        if the template refuses or fails
   * @throws IllegalArgumentException if a variable is none of JSON's values
   */
  public String render(Map<String, ?> variables) throws TemplateException {
    return text(variables, null).chars();
  }

  /** The same, at the time that {@code clock} shows. */
  public String render(Map<String, ?> variables, Clock clock) throws TemplateException {
    return text(variables, Objects.requireNonNull(clock, "clock")).chars();
  }

  /**
   * The prompt for a request in runs of text that the template wrote and text that came with the request; joined, they
   * are what {@link #render(Map)} gives. Of the request are all strings but {@link TrustedText}, keys and roles too,
   * and whatever is made of them; of the template are its text, its literals, numbers and dates.
   *
   * @throws TemplateException        if the template refuses or fails
   * @throws IllegalArgumentException if a variable is none of JSON's values
   */
  public List<TextRun> renderParts(Map<String, ?> variables) throws TemplateException {
    return text(variables, null).runs();
  }

  /** The same, at the time that {@code clock} shows. */
  public List<TextRun> renderParts(Map<String, ?> variables, Clock clock) throws TemplateException {
    return text(variables, Objects.requireNonNull(clock, "clock")).runs();
  }

  private Text text(Map<String, ?> variables, Clock clock) throws TemplateException {
    Rendering rendering = new Rendering(clock);
    try {
      Frame frame = new Frame(program.slots(), null, rendering);
      InputValues inputs = new InputValues(rendering);
      for (int i = 0; i < names.length; i++) {
        boolean given = variables.containsKey(names[i]);
        frame.slots[slots[i]] = given ? inputs.value(variables.get(names[i])) : GlobalFunction.named(names[i]);
      }
      TextBuilder out = new TextBuilder(rendering);
      Statement.all(program.body(), frame, out);
      return out.toText();
    } catch (Failure e) {
      throw TemplateException.at(source, rendering.position(), e.kind(), e.getMessage());
    } catch (StackOverflowError e) { // as above
      throw TemplateException.at(source, rendering.position(), Kind.LIMIT,
          "the thread's stack is too small for this template");
    }
  }
}
