package dev.skein.worker.cluster;

import dev.skein.proto.TokenEvent;
import dev.skein.proto.TokenEvents;
import dev.skein.worker.owner.EventPush;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Pushes events to the actor that a router named in its request. */
public final class ActorPush implements EventPush {

  private static final Logger LOG = LoggerFactory.getLogger(ActorPush.class);
  private static final int ROUTERS_KNOWN = 1_000;

  private final ActorRefResolver resolver;
  private final Map<String, ActorRef<TokenEvents>> routers = new ConcurrentHashMap<>();

  /** Resolves references within this actor system's cluster. */
  public ActorPush(ActorSystem<?> system) {
    this.resolver = ActorRefResolver.get(system);
  }

  @Override
  public void push(String router, TokenEvent event, int shard, long offset) {
    try {
      if (routers.size() > ROUTERS_KNOWN) {
        routers.clear();
      }
      routers
          .computeIfAbsent(router, resolver::resolveActorRef)
          .tell(
              TokenEvents.newBuilder().addEvents(event).setShard(shard).addOffsets(offset).build());
    } catch (RuntimeException e) {
      // A header that anyone may have written: whoever wrote it reads Kafka instead.
      LOG.debug("cannot push to {}: {}", router, e.getMessage());
    }
  }
}
