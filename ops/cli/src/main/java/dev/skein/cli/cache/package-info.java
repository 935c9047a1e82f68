/**
 * The models on this machine. {@link dev.skein.cli.cache.ModelCache} knows the folder that they
 * live in: one folder a model, with its weights, a {@code config.json} that Skein reads as it reads
 * any model's, its vocabulary, and a {@code source.json} that says where it came from; vocabularies
 * are kept once beside them. {@link dev.skein.cli.cache.ModelPull} fetches a model into it, {@link
 * dev.skein.cli.cache.ModelImport} takes one from this machine, and {@link
 * dev.skein.cli.cache.ModelNames} finds what {@code --model} means. Two processes that want the
 * same model wait for each other.
 */
@NullMarked
package dev.skein.cli.cache;

import org.jspecify.annotations.NullMarked;
