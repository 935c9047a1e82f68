package dev.skein.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

class SweepPlotTest {
  @Test
  void everyPointIsADotAndCurvesAreDrawnOnlyOfWhatWasMeasured() throws Exception {
    SweepPlot plot =
        new SweepPlot(
            List.of(
                new SweepPlot.Point(1, 95, 90, 99, 120.0, null),
                new SweepPlot.Point(2, 180, 170, 185, 230.0, null),
                new SweepPlot.Point(4, 300, 290, 310, 400.0, null)));
    String svg = plot.svg("rwkv7 <0.1b>", "int8");
    assertThat(
            DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)))
                .getElementsByTagName("circle")
                .getLength())
        .isEqualTo(3);
    assertThat(svg.split("<path", -1)).hasSize(3); // ours and the ceiling, no peer
    assertThat(svg).contains("at read speed").doesNotContain("llama.cpp");
  }
}
