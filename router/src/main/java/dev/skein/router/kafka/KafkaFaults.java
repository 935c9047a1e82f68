package dev.skein.router.kafka;

import dev.skein.router.RouterOptions;
import org.apache.kafka.common.KafkaException;

/** One sentence for a Kafka client that cannot be made. */
final class KafkaFaults {
  private KafkaFaults() {}

  static String sentence(String purpose, RouterOptions options, KafkaException fault) {
    Throwable root = fault;
    for (Throwable cause = fault.getCause(); cause != null; cause = cause.getCause()) {
      root = cause;
    }
    return "The router cannot "
        + purpose
        + " Kafka at "
        + options.bootstrapServers()
        + ": "
        + root.getMessage();
  }
}
