package dev.skein.bench;

/**
 * What one form of a model predicts after every token of some texts, each of which is a session of
 * its own. The texts are fed side by side, from their beginning.
 */
public interface Predictions extends AutoCloseable {
  /** What the form is called: "int8". */
  String form();

  /** Weight bytes that one step reads. */
  long bytesPerStep();

  /** How many tokens there are to predict. */
  int vocabulary();

  /** Feeds the token at that place of all texts that go on after it; places come in order. */
  void feed(int place);

  /** The logits of a text after the token that was fed, which must not be its last one. */
  void logits(int text, float[] out);

  @Override
  void close();
}
