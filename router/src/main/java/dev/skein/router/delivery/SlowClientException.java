package dev.skein.router.delivery;

/** The client does not read its answer. */
final class SlowClientException extends RuntimeException {
  SlowClientException() {
    super("the client does not read its answer", null, false, false);
  }
}
