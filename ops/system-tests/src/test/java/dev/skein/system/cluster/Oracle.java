package dev.skein.system.cluster;

import dev.skein.cli.engine.ModelOptions;
import dev.skein.engine.DrawnToken;
import dev.skein.engine.Engine;
import dev.skein.engine.EngineFullException;
import dev.skein.engine.EngineOptions;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.GenerationListener;
import dev.skein.model.Model;
import dev.skein.model.sampling.SamplingParameters;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The engine alone, in this process and without Kafka: what every transcript must equal. */
final class Oracle {
  private final Map<Piece, Answer> answers = new HashMap<>();

  /** A stream as it must be. */
  record Answer(List<Integer> tokens, String text) {}

  Oracle(List<Piece> pieces) {
    PrintWriter nobody =
        new PrintWriter(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    try (Model model = new ModelOptions().openModel(nobody);
        Engine engine = Engine.start(model, EngineOptions.defaults())) {
      List<CompletableFuture<Answer>> runs =
          pieces.stream().map(piece -> run(engine, piece)).toList();
      for (int i = 0; i < pieces.size(); i++) {
        answers.put(pieces.get(i), runs.get(i).join());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Answer of(Piece piece) {
    Answer answer = answers.get(piece);
    if (answer == null) {
      throw new IllegalArgumentException("not asked for: " + piece);
    }
    return answer;
  }

  private static CompletableFuture<Answer> run(Engine engine, Piece piece) {
    Model model = engine.model();
    SamplingParameters own = model.defaults();
    Generation generation =
        Generation.of(model.tokenizer().encode(piece.prompt()))
            .sampling(
                new SamplingParameters(
                    1,
                    1,
                    own.topK(),
                    own.minP(),
                    own.typicalP(),
                    Piece.PENALTY,
                    Piece.PENALTY,
                    Piece.PENALTY_DECAY,
                    piece.bias()))
            .seed(piece.seed())
            .turn(0)
            .maxTokens(piece.tokens())
            .ignoreEndOfText(true)
            .build();
    Recorder recorder = new Recorder();
    try {
      engine.submit(generation, recorder);
    } catch (EngineFullException e) {
      throw new AssertionError(e);
    }
    return recorder.answer;
  }

  private static final class Recorder implements GenerationListener {
    private final List<Integer> tokens = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();

    @Override
    public void onToken(DrawnToken token) {
      tokens.add(token.token());
      text.append(token.text());
    }

    @Override
    public void onEnd(GenerationEnd end) {
      answer.complete(new Answer(tokens, text + end.text()));
    }
  }
}
