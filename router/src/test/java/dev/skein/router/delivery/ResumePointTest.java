package dev.skein.router.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResumePointTest {

  @ParameterizedTest
  @CsvSource({
    "0.1.7.5312@b-2, 5312, b-2",
    "0.1.7.5312, 5312, ''",
    "0.1.7, -1, ''",
    "0.1.7@9, -1, 9"
  })
  void everyFormOfAnIdIsReadAndWrittenAgain(String id, long offset, String pool) {
    ResumePoint point = ResumePoint.parse(id);
    assertThat(point).isEqualTo(new ResumePoint(0, 1, 7, offset, pool));
    StreamEvent.TokenPiece event =
        new StreamEvent.TokenPiece(0, 1, 7, 3, "x", null, List.of(), offset);
    assertThat(ResumePoint.id(event, offset, pool)).isEqualTo(id);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0.1", "0.1.7.", "0.1.7@", "0.1.7.3@B", "0.1.7.3@a@b", "0.1.x"})
  void anythingElseIsNoId(String id) {
    assertThat(ResumePoint.parse(id)).isNull();
  }

  @Test
  void numbersThatAreTooLongAreNoId() {
    assertThat(ResumePoint.parse("1234567890.0.0")).isNull();
  }
}
