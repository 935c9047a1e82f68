package dev.skein.system.clients;

import dev.skein.client.Piece;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A subscriber that wants one piece at a time, and no more than so many. */
final class Pieces implements Flow.Subscriber<Piece> {
  private final List<Piece> all = new ArrayList<>();
  private final CompletableFuture<List<Piece>> end = new CompletableFuture<>();
  private final int most;
  private Flow.@Nullable Subscription subscription;

  private Pieces(int most) {
    this.most = most;
  }

  /** All pieces, to the end. */
  static List<Piece> of(Flow.Publisher<Piece> stream) throws Exception {
    return of(stream, Integer.MAX_VALUE);
  }

  /** The first pieces; then it cancels. */
  static List<Piece> of(Flow.Publisher<Piece> stream, int most) throws Exception {
    Pieces pieces = new Pieces(most);
    stream.subscribe(pieces);
    try {
      return pieces.end.get(90, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } catch (TimeoutException e) {
      throw new AssertionError("no end after " + pieces.all, e);
    }
  }

  static String text(List<Piece> pieces) {
    return pieces.stream().map(Piece::text).collect(Collectors.joining());
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    given.request(1);
  }

  @Override
  public void onNext(Piece piece) {
    all.add(piece);
    Flow.Subscription given = Objects.requireNonNull(subscription);
    if (all.size() == most) {
      given.cancel();
      end.complete(all);
    } else {
      given.request(1);
    }
  }

  @Override
  public void onError(Throwable error) {
    end.completeExceptionally(error);
  }

  @Override
  public void onComplete() {
    end.complete(all);
  }
}
