package dev.skein.store;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One owner's access to an {@link InMemoryCluster}. */
final class InMemoryShardLog implements ShardLog {

  private final InMemoryCluster cluster;
  private final int shard;
  private final Deque<Answer> outstanding = new ArrayDeque<>();
  private final Deque<Runnable> after = new ArrayDeque<>();
  private final boolean fences;
  private int writer = -1;
  private boolean open;
  private boolean committing;
  private @Nullable StoreException failure;

  InMemoryShardLog(InMemoryCluster cluster, int shard, boolean fences) {
    this.fences = fences;
    this.cluster = cluster;
    this.shard = shard;
  }

  @Override
  public int partitions(String topic) {
    return cluster.partitions(topic);
  }

  @Override
  public void fence() throws StoreException {
    Faults.Fault fault = cluster.fault(shard, Faults.Step.FENCE, "");
    if (fault != Faults.Fault.REFUSED) {
      writer = fences ? cluster.fence(shard) : cluster.join(shard);
    }
    throwIf(fault, "Fencing the previous owner of shard ");
  }

  @Override
  public synchronized void append(
      String topic,
      byte @Nullable [] key,
      byte @Nullable [] value,
      Map<String, String> headers,
      PublishListener done) {
    if (failure != null) {
      done.failed(failure);
      return;
    }
    Answer answer;
    try {
      Faults.Fault fault = cluster.fault(shard, Faults.Step.APPEND, topic);
      long offset = -1;
      open = true;
      if (fault != Faults.Fault.REFUSED) {
        offset = cluster.append(shard, writer, topic, key, value, headers);
      }
      throwIf(fault, "Writing to the log of shard ");
      answer = new Answer(done, offset, null);
    } catch (StoreException e) {
      failure = e;
      answer = new Answer(done, -1, e);
    }
    outstanding.add(answer);
    cluster.acknowledgements().execute(answer);
  }

  @Override
  public synchronized boolean open() {
    return open;
  }

  @Override
  public void commit() throws StoreException {
    synchronized (this) {
      if (!open) {
        return;
      }
      committing = true;
    }
    try {
      for (Answer answer : takeOutstanding()) {
        answer.run();
      }
      commitFlushed();
    } finally {
      goOn();
    }
  }

  private synchronized void commitFlushed() throws StoreException {
    if (failure != null) {
      throw failure;
    }
    Faults.Fault fault = cluster.fault(shard, Faults.Step.COMMIT, "");
    if (fault != Faults.Fault.REFUSED) {
      cluster.commit(shard, writer);
      open = false;
    }
    throwIf(fault, "The commit of shard ");
  }

  private synchronized List<Answer> takeOutstanding() {
    List<Answer> taken = new ArrayList<>(outstanding);
    outstanding.clear();
    return taken;
  }

  private void goOn() {
    List<Runnable> held;
    synchronized (this) {
      committing = false;
      held = new ArrayList<>(after);
      after.clear();
    }
    held.forEach(Runnable::run);
  }

  @Override
  public String id() {
    return cluster.id();
  }

  @Override
  public long end(String topic) {
    return cluster.end(topic, shard);
  }

  @Override
  public long scan(String topic, long from, boolean committed, Visitor visitor)
      throws StoreException {
    throwIf(cluster.fault(shard, Faults.Step.READ, topic), "Reading the log of shard ");
    long end = cluster.end(topic, shard);
    for (LogRecord record : cluster.records(topic, shard, from > end ? 0 : from, committed)) {
      visitor.visit(record);
    }
    return end;
  }

  @Override
  public @Nullable LogRecord next(String topic, int partition, long from) throws StoreException {
    throwIf(cluster.fault(shard, Faults.Step.READ, topic), "Reading the log of shard ");
    return cluster.next(topic, partition, from);
  }

  /** At once, but not while a commit excludes appends. */
  @Override
  public Executor besides() {
    return task -> {
      synchronized (this) {
        if (committing) {
          after.add(task);
          return;
        }
      }
      task.run();
    };
  }

  @Override
  public void rest() {}

  @Override
  public synchronized void close() {
    if (failure == null) {
      failure = new StoreException("The log of shard " + shard + " was closed.");
    }
  }

  private void throwIf(Faults.Fault fault, String what) throws StoreException {
    if (fault != Faults.Fault.NONE) {
      throw new StoreException(what + shard + " failed: " + fault + ".");
    }
  }

  /** What an append is answered, once. */
  private final class Answer implements Runnable {
    private final PublishListener done;
    private final long offset;
    private final @Nullable StoreException refusal;
    private final AtomicBoolean given = new AtomicBoolean();

    Answer(PublishListener done, long offset, @Nullable StoreException refusal) {
      this.done = done;
      this.offset = offset;
      this.refusal = refusal;
    }

    @Override
    public void run() {
      if (!given.compareAndSet(false, true)) {
        return;
      }
      synchronized (InMemoryShardLog.this) {
        outstanding.remove(this);
      }
      if (refusal != null) {
        done.failed(refusal);
      } else {
        done.acknowledged(offset);
      }
    }
  }
}
