package dev.skein.model.grammar.schema;

/** A schema that is wrong or not supported; the message is one sentence that names the place. */
final class SchemaException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /**
   * @param path a JSON pointer into the schema
   */
  SchemaException(String path, String why) {
    super("The schema at %s %s.".formatted(path, why));
  }

  /** A keyword that is known and not kept. */
  static SchemaException unsupported(String path, String keyword) {
    return new SchemaException(path, "uses \"%s\", which is not supported".formatted(keyword));
  }
}
