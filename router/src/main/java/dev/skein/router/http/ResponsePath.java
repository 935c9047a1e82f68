package dev.skein.router.http;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * A path below {@code /v1/responses}, taken apart.
 *
 * @param id of the response, as the client names it
 * @param part what of it is meant; empty for itself
 */
record ResponsePath(String id, String part) {
  private static final int PREFIX = 2;

  /** What can be done with a response that was made before. */
  enum Operation {
    SHOW("GET", ""),
    DELETE("DELETE", ""),
    CANCEL("POST", "cancel"),
    INPUT_ITEMS("GET", "input_items");

    private final String method;
    private final String part;

    Operation(String method, String part) {
      this.method = method;
      this.part = part;
    }

    String method() {
      return method;
    }

    /** The path as the API's document writes it. */
    String template() {
      return "/v1/responses/{id}" + (part.isEmpty() ? "" : "/" + part);
    }
  }

  /** Takes a path apart; null if it is none of ours. */
  static @Nullable ResponsePath of(HttpRequest request) {
    List<String> parts = new ArrayList<>();
    request.getUri().pathSegments().forEach(parts::add);
    int count = parts.size() - PREFIX;
    if (count < 1 || count > 2 || request.getUri().path().matches(".*//.*|.*/")) {
      return null;
    }
    return new ResponsePath(parts.get(PREFIX), count == 1 ? "" : parts.getLast());
  }

  /** What can be done at this path, whatever the method. */
  List<Operation> operations() {
    return List.of(Operation.values()).stream()
        .filter(operation -> operation.part.equals(part))
        .toList();
  }
}
