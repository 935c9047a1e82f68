package dev.skein.worker.shard;

/** A request that cannot become a turn: the client's mistake, said in one sentence. */
final class Rejection extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;

  Rejection(String code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  String code() {
    return code;
  }

  String sentence() {
    return String.valueOf(getMessage());
  }
}
