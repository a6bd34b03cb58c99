import io.picaflor.Model;
import io.picaflor.Session;
import io.picaflor.Token;
import io.picaflor.TokenStream;
import java.nio.file.Path;

void main(String[] arguments) throws Exception {
  try (Model model = Model.load(Path.of(arguments[0]));
      Session session = model.newSession();
      TokenStream tokens = session.generate("Once upon a time")) {
    for (Token token : tokens) {
      System.out.print(token.text());
    }
    System.out.println("\n" + tokens.timings());
  }
}
