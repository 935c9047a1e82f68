package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.skein.engine.Guidance;
import dev.skein.engine.Progress;
import dev.skein.engine.SessionState;
import dev.skein.model.grammar.Grammar;
import dev.skein.proto.Constraint;
import dev.skein.proto.Fingerprint;
import dev.skein.proto.Request;
import org.junit.jupiter.api.Test;

/** How a request's constraint becomes a plan, or a refusal. */
class ConstraintPlanTest {

  private static RequestRecord record(Constraint.Builder constraint, int maxTokens) {
    Request request =
        Request.newBuilder()
            .setPrompt("a")
            .setMaxTokens(maxTokens)
            .setConstraint(constraint)
            .build();
    RawRecord raw = ToyModel.request(0, "ann", "{}");
    return new RequestRecord(0, "ann", "r", request, false, false, null, 0, raw);
  }

  private static TurnPlan plan(Constraint.Builder constraint, int maxTokens) throws Rejection {
    ServedModel model = ToyModel.served().models().getFirst();
    return TurnPlan.of(record(constraint, maxTokens), model, true, null, 0);
  }

  private static Rejection refusal(Constraint.Builder constraint, int maxTokens) {
    Rejection rejection = catchThrowableOfType(Rejection.class, () -> plan(constraint, maxTokens));
    assertThat(rejection).as("refused").isNotNull();
    assertThat(rejection.code()).isEqualTo("invalid_request");
    return rejection;
  }

  @Test
  void aBudgetBelowTheShortestTextNamesWhatItTakes() throws Rejection {
    Constraint.Builder constraint = Constraint.newBuilder().setRegex("[a-z]{5}");
    assertThat(plan(constraint, 5).guidance()).isNotNull();
    assertThat(refusal(constraint, 4).sentence()).contains("max_tokens is 4").contains("5 tokens");
  }

  @Test
  void aSchemaThatCannotBeKeptIsRefusedByName() {
    Constraint.Builder constraint = Constraint.newBuilder().setJsonSchema("{\"not\":{}}");
    assertThat(refusal(constraint, 50).sentence()).contains("\"not\"").contains("#");
  }

  @Test
  void theSameConstraintIsCompiledOnce() throws Rejection {
    ServedModel model = ToyModel.served().models().getFirst();
    Constraint.Builder constraint = Constraint.newBuilder().setJsonObject(true);
    TurnPlan one = TurnPlan.of(record(constraint, 9), model, true, null, 0);
    TurnPlan two = TurnPlan.of(record(constraint, 30), model, true, null, 0);
    assertThat(grammar(one)).isSameAs(grammar(two));
  }

  private static Grammar grammar(TurnPlan plan) {
    Guidance guidance = plan.guidance();
    if (guidance == null) {
      throw new AssertionError("the plan has no constraint");
    }
    return guidance.grammar();
  }

  @Test
  void aMiddleKeepsItsPlaceInTheGrammar() throws Rejection {
    TurnPlan plan = plan(Constraint.newBuilder().setRegex("[a-z]{5}"), 5);
    byte[] place = {1, 2, 3};
    Progress progress =
        new Progress(2, new int[] {9}, new int[0], new float[0], new byte[0], place);
    MidTurn middle =
        new MidTurn(SessionState.of(new float[2]), 1, progress, new byte[32], 1, new int[] {8, 9});
    MidTurn again = MidTurn.of(middle.snapshot(0, Fingerprint.getDefaultInstance(), "TOY"));
    assertThat(again.progress().grammar()).isEqualTo(place);
    assertThat(catchThrowableOfType(IllegalArgumentException.class, () -> plan.checked(again)))
        .hasMessageContaining("cut short");
  }
}
