package dev.skein.client;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A subscriber that tells every piece to a consumer, and a thread that waits when all are told. */
final class Follower implements Flow.Subscriber<Piece> {
  private final Consumer<Piece> told;
  private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
  private volatile Flow.@Nullable Subscription subscription;

  Follower(Consumer<Piece> told) {
    this.told = told;
  }

  /** Waits for the end of the answer. */
  void await() throws IOException, InterruptedException {
    try {
      end.get();
    } catch (InterruptedException e) {
      Flow.Subscription current = subscription;
      if (current != null) {
        current.cancel();
      }
      throw e;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
    }
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    given.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(Piece piece) {
    told.accept(piece);
  }

  @Override
  public void onError(Throwable error) {
    end.completeExceptionally(error);
  }

  @Override
  public void onComplete() {
    end.complete(null);
  }
}
