package dev.skein.bench;

/** A bench drew tokens that it must not draw: what it measured is not the product. */
public final class OtherTokensException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** The message says which. */
  public OtherTokensException(String message) {
    super(message);
  }
}
