package dev.skein.router.openai;

import dev.skein.proto.Request;
import dev.skein.router.delivery.ResumePoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call of {@code /v1/chat/completions} or {@code /v1/completions}, checked.
 *
 * @param requests one a prompt: all that the worker needs, but for the model, and for the request
 *     id if the client gave none
 * @param form how the text of the answer is to be read
 * @param model the model that the client named, or null
 * @param stream whether the answer is sent as it grows
 * @param includeUsage whether a stream ends with a chunk that counts tokens
 * @param cacheKey what the client names its prompt's beginning, or null
 * @param returnState whether the answer is to say which session holds the state behind it; one is
 *     begun if the client named none
 * @param resume the last event that the client has of this answer; null for a new request
 */
public record CompletionCall(
    List<Request> requests,
    ReplyForm form,
    @Nullable String model,
    boolean stream,
    boolean includeUsage,
    @Nullable String cacheKey,
    boolean returnState,
    @Nullable ResumePoint resume) {

  /** The same call of a model whose answers begin in the middle of a thought, or do not. */
  public CompletionCall thinking(boolean begins) {
    return new CompletionCall(
        requests,
        form.thinking(begins),
        model,
        stream,
        includeUsage,
        cacheKey,
        returnState,
        resume);
  }

  /** Whether it begins a session that the client has no name for. */
  public boolean begins() {
    return returnState && requests.getFirst().getSession().isEmpty();
  }

  /** The same call under this id, which is a turn of this session. */
  public CompletionCall of(String session, String requestId) {
    Request request =
        requests.getFirst().toBuilder()
            .setSession(session)
            .setRequestId(requestId)
            .setEphemeral(false)
            .build();
    return new CompletionCall(
        List.of(request), form, model, stream, includeUsage, cacheKey, returnState, resume);
  }
}
