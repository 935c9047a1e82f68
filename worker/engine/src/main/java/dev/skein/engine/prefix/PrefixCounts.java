package dev.skein.engine.prefix;

/**
 * What a prefix cache did since its start.
 *
 * @param queries prompt tokens that it was asked about
 * @param hits those of them that it saved reading
 * @param verified hits that were computed again and agreed
 * @param mismatches states that did not agree with their checksum, or with what was computed again
 * @param states states held now
 */
public record PrefixCounts(long queries, long hits, long verified, long mismatches, int states) {
  /** Nothing yet. */
  public static final PrefixCounts NONE = new PrefixCounts(0, 0, 0, 0, 0);
}
