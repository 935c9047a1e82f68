package dev.skein.proto;

import com.google.protobuf.ByteString;
import java.util.HexFormat;
import java.util.SplittableRandom;

/** Requests and events by chance, every field of them, the same for the same seed. */
final class Arbitrary {

  private static final String[] PIECES = {
    "a", " ", "\n", "\"", "\\", "/", "{", "}", "é", "日", "🪿", "\u0001", "\u2028", "null", "0"
  };

  private final SplittableRandom random;

  Arbitrary(long seed) {
    random = new SplittableRandom(seed);
  }

  boolean maybe() {
    return random.nextInt(3) == 0;
  }

  int number() {
    return switch (random.nextInt(3)) {
      case 0 -> random.nextInt(3);
      case 1 -> random.nextInt(1000);
      default -> random.nextInt(Integer.MAX_VALUE);
    };
  }

  float real(float min, float max) {
    return switch (random.nextInt(4)) {
      case 0 -> min;
      case 1 -> max;
      default -> min + (float) random.nextDouble() * (max - min);
    };
  }

  String text(int pieces) {
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(pieces); n >= 0; n--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  String name() {
    return "n" + Integer.toString(number(), 36);
  }

  Request request() {
    Request.Builder request = Request.newBuilder();
    if (maybe()) {
      request.setRequestId(name());
    }
    if (maybe()) {
      request.setSession(name());
    }
    if (maybe()) {
      request.setModel(name());
    }
    input(request);
    generation(request);
    Sampling sampling = sampling();
    if (!sampling.equals(Sampling.getDefaultInstance())) {
      request.setSampling(sampling);
    }
    circumstances(request);
    return request.build();
  }

  private void input(Request.Builder request) {
    switch (random.nextInt(3)) {
      case 0 -> request.setPrompt(text(40));
      case 1 -> {
        for (int n = random.nextInt(20); n >= 0; n--) {
          request.addTokens(number());
        }
      }
      default -> {
        for (int n = random.nextInt(4); n >= 0; n--) {
          ChatMessage.Builder message =
              ChatMessage.newBuilder().setRole(maybe() ? "user" : "assistant").setContent(text(20));
          request.addMessages(maybe() ? message.setName(name()) : message);
        }
      }
    }
  }

  private void generation(Request.Builder request) {
    if (maybe()) {
      request.setMaxTokens(number());
    }
    if (maybe()) {
      request.setSeed(random.nextLong());
    }
    for (int n = random.nextInt(3); n > 0; n--) {
      request.addStop(text(5)).addStopTokens(number());
    }
    if (maybe()) {
      request.setChoices(1 + random.nextInt(5));
    }
    if (maybe()) {
      request.setLogprobs(random.nextInt(6));
    }
    request.setIgnoreEndOfText(maybe()).setNoCache(maybe());
    request.setVector(maybe() ? Vector.VECTOR_HIDDEN : Vector.VECTOR_MEAN);
  }

  private Sampling sampling() {
    Sampling.Builder sampling = Sampling.newBuilder();
    for (SamplingField field : SamplingField.REALS) {
      if (maybe()) {
        field.set(sampling, real(field.min(), field.max()));
      }
    }
    if (maybe()) {
      sampling.setTopK(number());
    }
    for (int n = random.nextInt(4); n > 0; n--) {
      sampling.putLogitBias(random.nextInt(100_000), real(-100, 100));
    }
    return sampling.build();
  }

  private void circumstances(Request.Builder request) {
    // An import names chunks of a file: it has no JSON form.
    request.setKind(Kind.forNumber(random.nextInt(8))).setEphemeral(maybe()).setBackground(maybe());
    if (maybe() || request.getKind() == Kind.KIND_REWIND) {
      request.setExpectTurn(number()).setParentTurn(number());
    }
    if (maybe() || request.getKind() == Kind.KIND_FORK) {
      request.setStartState(name()).setTenant(name()).setReplyTopic(name()).setTarget(name());
    }
    if (maybe()) {
      request.setDeadlineMs(number()).setPriority(-number());
    }
    request.setEventFormat(EventFormat.forNumber(random.nextInt(3)));
    if (request.getKind() == Kind.KIND_GENERATE && maybe()) {
      request.setConstraint(constraint());
    }
  }

  private Constraint constraint() {
    Constraint.Builder constraint = Constraint.newBuilder();
    switch (random.nextInt(5)) {
      case 0 -> constraint.setJsonSchema(text(30));
      case 1 -> constraint.setRegex(text(10));
      case 2 -> constraint.setGbnf(text(30));
      case 3 -> constraint.setJsonObject(true);
      default -> constraint.setChoices(Choices.newBuilder().addChoice(text(3)).addChoice(name()));
    }
    return constraint.build();
  }

  TokenEvent event() {
    TokenEvent.Builder event =
        TokenEvent.newBuilder()
            .setSession(text(300))
            .setTurn(number() - 1)
            .setChoice(number())
            .setIndex(number())
            .setEpoch(number())
            .setRequestId(text(10));
    switch (random.nextInt(3)) {
      case 0 ->
          event.setStarted(
              Started.newBuilder()
                  .setAttempt(number())
                  .setModel(text(5))
                  .setPromptTokens(number())
                  .setWeights(text(5))
                  .setTokenizer(text(5))
                  .setChain(ByteString.copyFrom(HexFormat.of().parseHex(maybe() ? "" : "00ff7f")))
                  .setRequestOffset(random.nextLong(Long.MAX_VALUE)));
      case 1 -> event.setToken(token());
      default -> event.setEnd(end());
    }
    return event.build();
  }

  private Token token() {
    Token.Builder token = Token.newBuilder().setId(number()).setText(maybe() ? "" : text(8));
    if (maybe()) {
      token.setLogprob(real(-50, 0));
      for (int n = random.nextInt(4); n > 0; n--) {
        token.addTopLogprobs(
            TopLogprob.newBuilder().setId(number()).setLogprob(real(-50, 0)).setText(text(4)));
      }
    }
    return token.build();
  }

  private End end() {
    End.Builder end = End.newBuilder().setFinishReason(maybe() ? "stop" : "error");
    if (maybe()) {
      Standing.Builder standing =
          Standing.newBuilder().setSession(name()).setNextTurn(number()).setTokensRead(number());
      end.setStanding(maybe() ? standing.setHeadTurn(number()) : standing);
    }
    if (maybe()) {
      end.setText(text(9));
    }
    if (maybe()) {
      end.setUsage(
          Usage.newBuilder()
              .setPromptTokens(number())
              .setCompletionTokens(number())
              .setCachedTokens(maybe() ? 0 : number()));
    }
    if (maybe()) {
      end.setError(Failure.newBuilder().setCode(name()).setMessage(text(30)));
    }
    if (maybe()) {
      end.setRepeatOf(number()).setRequestOffset(random.nextLong(Long.MAX_VALUE));
    }
    if (maybe()) {
      end.setRepeatFrom(random.nextLong(Long.MAX_VALUE));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      end.addEmbedding(random.nextFloat());
    }
    return end.build();
  }
}
