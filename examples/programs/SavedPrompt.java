import io.picaflor.GenerationOptions;
import io.picaflor.Model;
import io.picaflor.Session;
import io.picaflor.TokenStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Computes a prompt once and keeps it in a file: later answers begin where it ends, in another process as well. */
void main(String[] arguments) throws Exception {
  Path saved = Files.createTempDirectory("picaflor").resolve("prompt.session");
  try (Model model = Model.load(Path.of(arguments[0]))) {
    try (Session session = model.newSession()) {
      session.prefill("Once upon a time, there was a small fox. His name was Milo.");
      session.save(saved);
    }
    for (String text : new String[] {" One day, Milo", " Every night, Milo"}) {
      try (Session session = model.restore(saved);
          TokenStream tokens = session.generate(text, GenerationOptions.GREEDY.withMaxNewTokens(24))) {
        tokens.forEachRemaining(token -> {});
        System.out.println("..." + text + tokens.text().replace('\n', ' '));
      }
    }
  } finally {
    Files.deleteIfExists(saved);
    Files.delete(saved.getParent());
  }
}
