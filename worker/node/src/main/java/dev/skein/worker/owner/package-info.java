/**
 * One thread that owns one shard: it takes what the log, the engine and the store report, asks
 * {@link dev.skein.worker.shard.Shard} what follows, and carries it out through ports. Ownership is
 * crash-only: the first failure of the store drops everything that the shard has in memory, and
 * only the placement starts it again.
 */
@NullMarked
package dev.skein.worker.owner;

import org.jspecify.annotations.NullMarked;
