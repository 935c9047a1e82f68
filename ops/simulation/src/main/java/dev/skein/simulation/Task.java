package dev.skein.simulation;

/** A turn of an owner on the toy model. */
record Task(String session, int turn, String requestId, ToyRun run) {}
