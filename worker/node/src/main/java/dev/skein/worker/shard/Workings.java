package dev.skein.worker.shard;

import dev.skein.worker.recovery.Isolation;
import dev.skein.worker.recovery.Witness;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What the parts of one shard share under one epoch.
 *
 * @param witnesses what earlier owners left, by (session, request id); taken out as turns begin
 * @param effects takes what is to be done
 */
record Workings(
    int epoch,
    Map<String, Witness> witnesses,
    Isolation isolation,
    ServedModels models,
    ShardLimits limits,
    ShardCounts counts,
    SessionTable sessions,
    Consumer<Effect> effects) {}
