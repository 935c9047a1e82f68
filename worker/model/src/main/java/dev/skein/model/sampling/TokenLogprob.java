package dev.skein.model.sampling;

/** A token and the natural logarithm of its probability. */
public record TokenLogprob(int token, float logprob) {}
