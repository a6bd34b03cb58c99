import io.picaflor.Model;
import io.picaflor.Session;
import io.picaflor.Token;
import io.picaflor.TokenStream;
import java.nio.file.Path;

/** Streams an answer until it ends, or until Enter is pressed. */
void main(String[] arguments) throws Exception {
  try (Model model = Model.load(Path.of(arguments[0]));
      Session session = model.newSession();
      TokenStream tokens = session.generate("Once upon a time")) {
    Thread.ofPlatform().daemon().start(() -> {
      readLine();
      tokens.cancel(); // for any thread; the stream ends before its next step
    });
    for (Token token : tokens) {
      System.out.print(token.text());
    }
    System.out.println("\n" + tokens.finishReason().orElseThrow());
  }
}

/** Waits for Enter, or the end of the input. */
void readLine() {
  try {
    while (System.in.read() > '\n') {}
  } catch (IOException e) {
    throw new UncheckedIOException(e);
  }
}
