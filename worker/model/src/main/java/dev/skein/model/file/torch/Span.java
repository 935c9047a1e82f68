package dev.skein.model.file.torch;

/** A piece of the file. */
record Span(long from, long size) {}
