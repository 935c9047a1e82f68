package dev.skein.proto;

/**
 * A request as read from a record.
 *
 * @param json whether the record was JSON
 */
public record DecodedRequest(Request request, boolean json) {

  /** The form of the request's events: its own, unless it asks otherwise. */
  public boolean eventsAsJson() {
    return switch (request.getEventFormat()) {
      case EVENT_FORMAT_JSON -> true;
      case EVENT_FORMAT_PROTOBUF -> false;
      default -> json;
    };
  }
}
