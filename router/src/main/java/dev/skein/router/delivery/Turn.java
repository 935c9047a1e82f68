package dev.skein.router.delivery;

import dev.skein.proto.Request;

/**
 * One turn that a client asked for, as it goes to the bus.
 *
 * @param request with request id and model; without a session it is an ephemeral turn
 * @param model name of the model that answers, known to the router
 * @param shards shard count of the model's pool as its card says; 0 if the card says nothing
 */
public record Turn(Request request, String model, int shards) {

  /** The session, or "" for an ephemeral turn. */
  public String session() {
    return request.getSession();
  }

  public String requestId() {
    return request.getRequestId();
  }

  public boolean ephemeral() {
    return request.getSession().isEmpty();
  }

  public int choices() {
    return Math.max(1, request.getChoices());
  }

  public boolean background() {
    return request.getBackground();
  }

  StreamKey key() {
    return new StreamKey(session(), requestId());
  }
}
