package dev.skein.worker.shard;

/** Where a session stood, and of whose weights it was, before its next turn was looked at. */
record Before(Standpoint here, Origin origin) {}
