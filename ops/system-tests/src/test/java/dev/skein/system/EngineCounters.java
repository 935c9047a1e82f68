package dev.skein.system;

/** What the engine has counted, whatever anybody was told. */
public final class EngineCounters {

  private EngineCounters() {}

  /** Prompt tokens that the engine has read since it started. */
  public static long promptTokens(UpProcess up) {
    return (long) up.metric("skein_engine_prompt_tokens_total");
  }
}
