package dev.skein.router.kafka;

import dev.skein.proto.Topics;
import dev.skein.router.RouterException;
import dev.skein.router.RouterOptions;
import dev.skein.router.delivery.Lines;
import dev.skein.router.sessions.Pool;
import java.time.InstantSource;

/** The Kafka clients of one pool: what writes its requests, and what reads its topics. */
public final class PoolClients implements AutoCloseable {
  private final String name;
  private final RequestPublisher requests;
  private final TokenTail tokens;
  private final SessionReader sessions;

  private PoolClients(
      String name, RequestPublisher requests, TokenTail tokens, SessionReader sessions) {
    this.name = name;
    this.requests = requests;
    this.tokens = tokens;
    this.sessions = sessions;
  }

  /**
   * Starts them; neither Kafka nor the pool need be there yet.
   *
   * @throws RouterException if the client's properties are wrong
   */
  public static PoolClients start(RouterOptions options, String pool, InstantSource clock)
      throws RouterException {
    Topics topics = new Topics(pool);
    return new PoolClients(
        pool,
        RequestPublisher.start(options, topics),
        TokenTail.start(options, topics, clock),
        new SessionReader(options, topics));
  }

  public String name() {
    return name;
  }

  /** What the pool's answers travel on. */
  public Lines lines() {
    return new Lines(requests, tokens);
  }

  /** The pool's stored sessions. */
  public Pool pool() {
    return new Pool(name, sessions);
  }

  /** Follows what is stored from now on, and not only when somebody asks. */
  public void follow() {
    sessions.follow();
  }

  @Override
  public void close() {
    tokens.close();
    sessions.close();
    requests.close();
  }
}
