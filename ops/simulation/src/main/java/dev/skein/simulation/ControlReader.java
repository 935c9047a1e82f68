package dev.skein.simulation;

import dev.skein.proto.Control;
import dev.skein.proto.ShardRecord;
import dev.skein.worker.shard.RawRecord;
import dev.skein.worker.shard.ShardEvent;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Reads the controls of a shard for its owner. What a router says of a client that left is held
 * back until all requests are read that were in the log when it came.
 */
final class ControlReader {

  private record Held(ShardEvent.ControlRead event, long until) {}

  private final World world;
  private final int shard;
  private final ArrayDeque<Held> held = new ArrayDeque<>();
  private long next;

  ControlReader(World world, int shard, ShardRecord from) {
    this.world = world;
    this.shard = shard;
    this.next = from.getControlsOffset();
  }

  /** Whether there is something to read, or to let go now that requests are read up to there. */
  boolean isReady(long nextRequest) {
    return world.controls().at(shard, next) != null || isFree(nextRequest);
  }

  private boolean isFree(long nextRequest) {
    RawRecord request = world.requests().at(shard, nextRequest);
    Held first = held.peek();
    return first != null && (request == null || request.offset() >= first.until());
  }

  /** The next event for the owner; null: it was read, and is held back. */
  ShardEvent.@Nullable ControlRead read(long nextRequest) {
    RawRecord record = world.controls().at(shard, next);
    if (record == null || (isFree(nextRequest) && world.chance(0.5))) {
      return held.remove().event();
    }
    next = record.offset() + 1;
    Control control = world.control(record);
    ShardEvent.ControlRead event = new ShardEvent.ControlRead(record.offset(), control);
    if (control.getCancel().getRouter().isEmpty()
        || world.mutation() == Mutation.CANCEL_OVERTAKES_REQUESTS) {
      return event;
    }
    held.add(new Held(event, world.requests().end(shard)));
    return null;
  }
}
