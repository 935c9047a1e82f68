package dev.skein.cli.hub;

import org.jspecify.annotations.Nullable;

/**
 * A file of a repository.
 *
 * @param path inside the repository
 * @param bytes its length, 0 if it is not known
 * @param sha256 64 hex digits, or null if it is not known
 */
public record RemoteFile(String path, long bytes, @Nullable String sha256) {}
