package dev.skein.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the engine has counted, whatever anybody was told. */
public final class EngineCounters {
  private static final Pattern READ =
      Pattern.compile("(?m)^skein_engine_prompt_tokens_total\\{[^}]*} ([0-9.E]+)$");

  private EngineCounters() {}

  /** Prompt tokens that the engine has read since it started. */
  public static long promptTokens(UpProcess up) {
    try (var in = URI.create(up.ops() + "/metrics").toURL().openStream()) {
      Matcher counter = READ.matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      if (!counter.find()) {
        throw new AssertionError("the engine counts no prompt tokens");
      }
      return (long) Double.parseDouble(counter.group(1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
