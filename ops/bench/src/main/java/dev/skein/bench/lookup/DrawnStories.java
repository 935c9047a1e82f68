package dev.skein.bench.lookup;

import dev.skein.bench.Recording;
import dev.skein.engine.EngineFullException;
import dev.skein.engine.EngineOptions;
import dev.skein.engine.EngineStep;
import dev.skein.engine.Generation;
import dev.skein.model.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Stories that a model tells, in its own way of drawing. */
public final class DrawnStories {
  private static final int TOKENS = 384;

  private static final List<String> ABOUT =
      List.of("fox", "girl", "boat", "king", "bird", "baker", "dog", "tree", "star", "mouse");

  private DrawnStories() {}

  /** Some stories of up to 384 tokens, the same every time. */
  public static List<LookupBench.Drawn> of(Model model) {
    List<Generation> asked = new ArrayList<>();
    List<Recording> told = new ArrayList<>();
    int places = ABOUT.size();
    try (EngineStep step = new EngineStep(model, new EngineOptions(places, 128, places))) {
      for (String about : ABOUT) {
        Generation generation =
            Generation.of(model.tokenizer().encode("Once upon a time there was a " + about))
                .sampling(model.defaults())
                .seed(asked.size())
                .maxTokens(TOKENS)
                .build();
        asked.add(generation);
        told.add(new Recording(TOKENS));
        step.submit(generation, told.getLast());
      }
      while (!step.idle()) {
        step.run();
      }
    } catch (EngineFullException e) {
      throw new IllegalStateException("the queue holds all stories", e);
    }
    List<LookupBench.Drawn> stories = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      int[] prompt = asked.get(i).prompt();
      int[] drawn = told.get(i).tokens();
      int[] all = Arrays.copyOf(prompt, prompt.length + drawn.length);
      System.arraycopy(drawn, 0, all, prompt.length, drawn.length);
      stories.add(new LookupBench.Drawn(all, prompt.length));
    }
    return stories;
  }
}
