package dev.skein.worker.owner;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the states of idle sessions are at hand; the log has all of them anyway.
 *
 * @param memoryBytes in memory, over all shards
 * @param folder on disk, this worker's alone; null for none
 * @param folderBytes on disk at most
 */
public record StateTiers(long memoryBytes, @Nullable Path folder, long folderBytes) {
  /** 512 MB in memory, nothing on disk. */
  public static final StateTiers USUAL = new StateTiers(512L << 20, null, 0);

  /** What one of several pools gets of it: an equal part, and a folder of its own. */
  public StateTiers share(String pool, int pools) {
    return pools == 1
        ? this
        : new StateTiers(
            memoryBytes / pools, folder == null ? null : folder.resolve(pool), folderBytes / pools);
  }
}
