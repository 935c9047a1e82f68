package dev.skein.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.bench.GapPlot.Kills;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.NodeList;

class GapPlotTest {
  @Test
  void everyGapIsADotAsHighAsItIsLong() throws Exception {
    GapPlot plot =
        new GapPlot(
            List.of(
                new Kills(100, List.of(1_000L, 2_000L, 1_500L)),
                new Kills(100_000, List.of(1_000L, 500L))));
    String svg = plot.svg("<two> cores");
    NodeList dots =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)))
            .getElementsByTagName("circle");
    assertThat(dots.getLength()).isEqualTo(5);
    assertThat(attribute(dots, 0, "cy")).isEqualTo(attribute(dots, 3, "cy"));
    assertThat(attribute(dots, 1, "cy")).as("upwards").isLessThan(attribute(dots, 2, "cy"));
    assertThat(attribute(dots, 0, "cx")).isLessThan(attribute(dots, 3, "cx"));
  }

  private static double attribute(NodeList of, int index, String name) {
    return Double.parseDouble(of.item(index).getAttributes().getNamedItem(name).getNodeValue());
  }

  @Test
  void theMedianIsTheMiddleOne() {
    assertThat(new Kills(100, List.of(9L, 1L, 5L)).medianMs()).isEqualTo(5);
  }
}
