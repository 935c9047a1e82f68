package dev.skein.router.sessions;

import com.google.protobuf.ByteString;
import dev.skein.proto.Manifest;
import dev.skein.proto.Request;
import dev.skein.proto.StateFile;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A log that knows all at once, and counts who asks. */
final class KnownSessions implements SessionLog {
  private final SessionTable table = new SessionTable();
  private final Map<String, Manifest> manifests = new HashMap<>();
  int questions;

  void put(String name, Manifest manifest) {
    manifests.put(name, manifest);
    table.put(name, manifest, 0, 1);
  }

  @Override
  public SessionTable table() {
    return table;
  }

  @Override
  public CompletionStage<SessionTable> current() {
    questions++;
    return CompletableFuture.completedStage(table);
  }

  @Override
  public CompletionStage<SessionTable> known() {
    return current();
  }

  @Override
  public CompletionStage<SessionTable> until(BooleanSupplier wish) {
    return current();
  }

  @Override
  public CompletionStage<@Nullable Manifest> manifest(String name, @Nullable SessionRow row) {
    Manifest manifest = manifests.get(name);
    return CompletableFuture.completedStage(
        manifest == null || manifest.getDeleted() ? null : manifest);
  }

  @Override
  public SessionRow row(String name, Manifest manifest) {
    return SessionRow.of(name, manifest, 0, -1);
  }

  @Override
  public CompletionStage<ByteString> snapshot(String name, Manifest manifest) {
    return CompletableFuture.completedStage(ByteString.EMPTY);
  }

  @Override
  public CompletionStage<Turns> turns(Manifest manifest, String readable, TurnRange range) {
    return CompletableFuture.completedStage(new Turns(List.of(), false, true));
  }

  @Override
  public CompletionStage<@Nullable Request> request(String name, String id, long number) {
    return CompletableFuture.completedStage(null);
  }

  @Override
  public CompletionStage<StateFile> upload(String name, String requestId, byte[] file) {
    return CompletableFuture.completedStage(StateFile.getDefaultInstance());
  }
}
