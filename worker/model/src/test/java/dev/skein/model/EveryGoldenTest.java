package dev.skein.model;

import dev.skein.kernels.Kernels;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** Every case of the golden data with every backend. */
@Tag("full")
class EveryGoldenTest extends GoldenTest {
  @Override
  List<Kernels> backends(int number) {
    return Kernels.usable();
  }
}
