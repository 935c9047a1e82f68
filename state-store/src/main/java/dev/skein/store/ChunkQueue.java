package dev.skein.store;

import dev.skein.proto.Slot;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Snapshots on their way into the log, in the order in which they came, never more than {@link
 * #IN_FLIGHT_MAX} chunks unacknowledged, so that a state of any size neither fills the writer's
 * buffer nor holds up the events beside it. Sending goes on by acknowledgements and needs no thread
 * of its own.
 */
final class ChunkQueue {

  static final int IN_FLIGHT_MAX = 2;

  private final ShardLog log;
  private final String topic;
  private final Consumer<StoreException> onFailure;
  private final Semaphore mayFly = new Semaphore(IN_FLIGHT_MAX);
  private final Deque<Upload> waiting = new ArrayDeque<>();

  ChunkQueue(ShardLog log, String topic, Consumer<StoreException> onFailure) {
    this.log = log;
    this.topic = topic;
    this.onFailure = onFailure;
  }

  void add(String session, int slot, SnapshotChunks chunks, Consumer<Slot> done) {
    synchronized (this) {
      waiting.add(new Upload(session, slot, chunks, done));
    }
    send();
  }

  /** Sends what may fly now. Never in a listener: an append may wait for the writer's buffer. */
  private synchronized void send() {
    while (!waiting.isEmpty() && mayFly.tryAcquire()) {
      Upload upload = waiting.element();
      int chunk = upload.chunks.next();
      byte[] bytes = upload.chunks.take();
      // Before the append: its acknowledgement may come at once, on this thread, and send the next.
      if (upload.chunks.exhausted()) {
        waiting.remove();
      }
      upload.send(chunk, bytes);
    }
  }

  private final class Upload {
    private final String session;
    private final int slot;
    private final SnapshotChunks chunks;
    private final Consumer<Slot> done;
    private final Long[] offsets;
    private final AtomicInteger missing;

    Upload(String session, int slot, SnapshotChunks chunks, Consumer<Slot> done) {
      this.session = session;
      this.slot = slot;
      this.chunks = chunks;
      this.done = done;
      this.offsets = new Long[chunks.count()];
      this.missing = new AtomicInteger(chunks.count());
    }

    void send(int chunk, byte[] bytes) {
      byte[] key = SnapshotChunks.key(session, slot, chunk);
      log.append(topic, key, bytes, Map.of(), new Landing(this, chunk));
    }

    void landed(int chunk, long offset) {
      offsets[chunk] = offset;
      if (missing.decrementAndGet() == 0) {
        done.accept(chunks.slot(slot, List.copyOf(Arrays.asList(offsets))));
      }
    }
  }

  private final class Landing implements PublishListener {
    private final Upload upload;
    private final int chunk;

    Landing(Upload upload, int chunk) {
      this.upload = upload;
      this.chunk = chunk;
    }

    @Override
    public void acknowledged(long offset) {
      mayFly.release();
      upload.landed(chunk, offset);
      log.besides().execute(ChunkQueue.this::send);
    }

    /** Nothing flies any more: the permit is kept. */
    @Override
    public void failed(StoreException failure) {
      onFailure.accept(failure);
    }
  }
}
