package dev.skein.router.http;

import dev.skein.router.openai.ApiException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A step of an answer that may be refused, for where one step follows another. */
@FunctionalInterface
interface Step<T> {
  CompletionStage<T> take() throws ApiException;

  /** Takes it; a refusal is a stage that fails. */
  static <T> CompletionStage<T> taken(Step<T> step) {
    try {
      return step.take();
    } catch (ApiException e) {
      return CompletableFuture.failedStage(e);
    }
  }
}
