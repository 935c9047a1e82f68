/**
 * The worker's Pekko shells: where shards live, how they get from one worker to the next, and the
 * push of events to routers. Pekko decides on which node a shard's owner runs and notices deaths;
 * it never carries a request or a state.
 */
@NullMarked
package dev.skein.worker.cluster;

import org.jspecify.annotations.NullMarked;
