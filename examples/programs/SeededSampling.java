import io.picaflor.GenerationOptions;
import io.picaflor.Model;
import io.picaflor.Session;
import io.picaflor.Token;
import io.picaflor.TokenStream;
import java.nio.file.Path;

/** Draws tokens by their probabilities: the same seed gives the same text, another seed another one. */
void main(String[] arguments) throws Exception {
  GenerationOptions options =
      GenerationOptions.GREEDY.withTemperature(1.2).withTopK(40).withTopP(0.95).withMaxNewTokens(16);
  try (Model model = Model.load(Path.of(arguments[0]))) {
    for (long seed : new long[] {1, 2, 1}) {
      System.out.print("seed " + seed + ":");
      try (Session session = model.newSession();
          TokenStream tokens = session.generate("Once upon a time", options.withSeed(seed))) {
        for (Token token : tokens) {
          System.out.print(token.text().replace('\n', ' '));
        }
      }
      System.out.println();
    }
  }
}
