package dev.skein.cli.engine;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintWriter;

/**
 * JSON lines of the command line. Pure ASCII, so that no terminal's character set can damage them.
 */
public final class Json {
  public static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private Json() {}

  /** One value, one line. */
  public static void print(PrintWriter out, JsonNode value) throws IOException {
    out.println(MAPPER.writeValueAsString(value));
    out.flush();
  }
}
