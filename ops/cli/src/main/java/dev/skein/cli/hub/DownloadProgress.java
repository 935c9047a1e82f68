package dev.skein.cli.hub;

/** Told how a download goes. */
@FunctionalInterface
public interface DownloadProgress {
  /**
   * Some bytes came.
   *
   * @param done bytes that are on disk
   * @param total of the file, 0 if nobody knows
   */
  void arrived(long done, long total);
}
