package dev.skein.router.sessions;

import dev.skein.proto.Manifest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A pool that this router serves.
 *
 * @param sessions what its topics tell of sessions
 */
public record Pool(String name, SessionLog sessions) {

  /** A stored session of a pool. */
  public record Found(Pool pool, SessionRow row, Manifest manifest) {}

  /**
   * The session of this name on the bus, null if there is none.
   *
   * @param known the pool's table when its log tells what is to be known
   */
  CompletionStage<@Nullable Found> find(String session, CompletionStage<SessionTable> known) {
    return known
        .thenCompose(table -> sessions.manifest(session, table.find(session)))
        .thenCompose(manifest ->
            CompletableFuture.<@Nullable Found>completedStage(found(session, manifest)));
  }

  private @Nullable Found found(String session, @Nullable Manifest manifest) {
    return manifest == null ? null : new Found(this, sessions.row(session, manifest), manifest);
  }
}
