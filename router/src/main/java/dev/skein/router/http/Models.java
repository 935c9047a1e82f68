package dev.skein.router.http;

import dev.skein.proto.ModelCard;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** The models that may be asked for. */
public interface Models {
  /** By name; a snapshot. */
  SortedMap<String, ModelCard> models();

  /** The card of a model, or null. */
  @Nullable ModelCard find(String name);

  /** The model of requests that name none; null while none is known. */
  @Nullable ModelCard defaultModel();
}
