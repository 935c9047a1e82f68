package dev.skein.router.http;

import dev.skein.proto.ModelCard;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** The models that may be asked for. */
public interface Models {
  /** By name; a snapshot. Of models of one name, that of the pool which was named first. */
  SortedMap<String, ModelCard> models();

  /** The card of a model, or null. */
  default @Nullable ModelCard find(String name) {
    return models().get(name);
  }

  /** The models of one pool, by name; a snapshot. */
  SortedMap<String, ModelCard> of(String pool);

  /** The model of requests that name none and go to a pool; null while none is known. */
  default @Nullable ModelCard defaultModel(String pool) {
    SortedMap<String, ModelCard> known = of(pool);
    return known.isEmpty() ? null : known.get(known.firstKey());
  }
}
