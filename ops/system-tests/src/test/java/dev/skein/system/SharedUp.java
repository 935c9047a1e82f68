package dev.skein.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * One {@code skein up} for all tests that neither stop nor kill it: they take it as a parameter.
 */
public final class SharedUp implements ParameterResolver {
  private static final Namespace HERE = Namespace.create(SharedUp.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == UpProcess.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(HERE)
        .getOrComputeIfAbsent("up", key -> start(), UpProcess.class);
  }

  private static UpProcess start() {
    try {
      return UpProcess.start(Files.createTempDirectory("skein-shared-up"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
