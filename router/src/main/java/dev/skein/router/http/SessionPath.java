package dev.skein.router.http;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.Uri;
import org.jspecify.annotations.Nullable;

/**
 * A path below {@code /v1/sessions}, taken apart.
 *
 * @param session as the client names it; empty where the path names none
 * @param part what of the session is meant; empty for itself
 */
record SessionPath(String session, String part) {
  private static final int PREFIX = 2;

  /** What can be done, with its method and what follows the session's name in the path. */
  enum Operation {
    LIST("GET", false, ""),
    IMPORT("POST", false, "import"),
    SHOW("GET", true, ""),
    DELETE("DELETE", true, ""),
    TRANSCRIPT("GET", true, "transcript"),
    EXPORT("GET", true, "export"),
    FORK("POST", true, "fork"),
    REWIND("POST", true, "rewind");

    private final String method;
    private final boolean ofOne;
    private final String part;

    Operation(String method, boolean ofOne, String part) {
      this.method = method;
      this.ofOne = ofOne;
      this.part = part;
    }

    String method() {
      return method;
    }

    /** Whether it is about one session. */
    boolean ofOne() {
      return ofOne;
    }

    /** The path as the API's document writes it. */
    String template() {
      return "/v1/sessions" + (ofOne ? "/{id}" : "") + (part.isEmpty() ? "" : "/" + part);
    }
  }

  /** Takes a path apart; null if it is none of ours. Names with slashes come percent-encoded. */
  static @Nullable SessionPath of(HttpRequest request) {
    Uri uri = request.getUri();
    List<String> parts = new ArrayList<>();
    uri.pathSegments().forEach(parts::add);
    return switch (parts.size() - PREFIX) {
      case 0 -> new SessionPath("", "");
      case 1 -> parts.get(PREFIX).isEmpty() ? null : new SessionPath(parts.get(PREFIX), "");
      case 2 ->
          parts.get(PREFIX).isEmpty() || parts.get(PREFIX + 1).isEmpty()
              ? null
              : new SessionPath(parts.get(PREFIX), parts.get(PREFIX + 1));
      default -> null;
    };
  }

  /** What can be done at this path, whatever the method. */
  List<Operation> operations() {
    List<Operation> fitting = new ArrayList<>();
    for (Operation operation : Operation.values()) {
      boolean whole = operation.ofOne == !session.isEmpty() && operation.part.equals(part);
      boolean imports = session.equals("import") && part.isEmpty();
      if (whole || (imports && operation == Operation.IMPORT)) {
        fitting.add(operation);
      }
    }
    return fitting;
  }
}
