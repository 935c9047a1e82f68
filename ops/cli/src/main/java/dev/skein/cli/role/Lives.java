package dev.skein.cli.role;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.serve.OpsServer;
import dev.skein.cli.serve.StopSignal;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lives of a node, one after another, until a signal stops the process. Health, metrics and
 * whatever is dear to load stay from one to the next.
 */
final class Lives {
  private static final Logger LOG = LoggerFactory.getLogger(Lives.class);
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final Duration BEFORE_NEXT = Duration.ofSeconds(1);

  /** Begins a life. */
  @FunctionalInterface
  interface Birth {
    NodeLife begin(PrometheusMeterRegistry metrics) throws Exception;
  }

  private final StopSignal stop;
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private volatile @Nullable NodeLife current;

  Lives(StopSignal stop) {
    this.stop = stop;
  }

  /**
   * Lives until the signal.
   *
   * @param announce called once, with the address of health and metrics, when it serves
   * @throws CommandFailure if the first life cannot begin; later ones are tried again
   */
  void run(InetSocketAddress opsAddress, Birth birth, Consumer<InetSocketAddress> announce)
      throws Exception {
    try (OpsServer ops = OpsServer.start(opsAddress, this::ready, metrics)) {
      boolean announced = false;
      while (!stop.asked()) {
        try (NodeLife life = birth.begin(metrics)) {
          current = life;
          while (!life.ended() && !stop.await(LOOK)) {
            if (!announced && life.ready()) {
              announced = true;
              announce.accept(ops.address());
            }
          }
          current = null;
        } catch (Exception e) {
          if (!announced || stop.asked()) {
            throw e;
          }
          LOG.warn("the node could not join again, trying on: {}", e.toString());
        }
        if (!stop.asked()) {
          LOG.warn("this node left its cluster or was taken for dead: joining anew");
          metrics.clear();
          stop.await(BEFORE_NEXT);
        }
      }
    }
  }

  private boolean ready() {
    NodeLife life = current;
    return life != null && life.ready();
  }
}
