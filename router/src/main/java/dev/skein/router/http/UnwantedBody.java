package dev.skein.router.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * The body of a request that is answered without it. It is read all the same before the answer goes
 * out: behind an answer that comes earlier the connection is closed, and a client that still writes
 * never gets to read it.
 */
final class UnwantedBody {
  private static final long BYTES_MAX = 64L << 20;
  private static final long PATIENCE_MS = 30_000;

  private UnwantedBody() {}

  /** The answer, once the body has come to its end, or has taken too long or too many bytes. */
  static CompletionStage<HttpResponse> readBefore(
      CompletionStage<HttpResponse> answer, HttpRequest request, ActorSystem<?> system) {
    CompletableFuture<Done> read =
        request
            .entity()
            .withSizeLimit(BYTES_MAX)
            .discardBytes(system)
            .completionStage()
            .handle((_, _) -> Done.done())
            .toCompletableFuture()
            .completeOnTimeout(Done.done(), PATIENCE_MS, TimeUnit.MILLISECONDS);
    return answer.thenCombine(read, (response, _) -> response);
  }
}
