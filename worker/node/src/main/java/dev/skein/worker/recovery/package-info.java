/**
 * What one owner of a shard leaves to the next, and what the next makes of it: {@link
 * dev.skein.worker.recovery.CheckpointPolicy} says when storing a state is cheaper than running its
 * tokens again, {@link dev.skein.worker.recovery.Witness} gathers what earlier owners showed, and
 * {@link dev.skein.worker.recovery.Isolation} keeps turns apart that may have killed them. As pure
 * as the shard: no I/O, no thread, no clock.
 */
@NullMarked
package dev.skein.worker.recovery;

import org.jspecify.annotations.NullMarked;
