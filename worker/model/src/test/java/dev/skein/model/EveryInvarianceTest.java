package dev.skein.model;

import dev.skein.kernels.Kernels;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.Arguments;

/** Every version with every quantisation and every backend. */
@Tag("full")
class EveryInvarianceTest extends InvarianceTest {
  static Stream<Arguments> kinds() {
    return pairs(number -> Kernels.usable());
  }
}
