package dev.skein.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.util.FileSize;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * Where log lines go. A command is quiet: warnings to stderr. A process that stays up writes into a
 * file of its data folder instead ({@link #toFolder}), or everything to stderr ({@link #verbose}).
 * Found by logback as a service, because reading an XML file costs a tenth of a second at every
 * start.
 */
public final class Logs extends ContextAwareBase implements Configurator {
  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %-5level [%thread] %logger{24} %msg%n";

  /** Loggers that warn of what is meant, or of what their callers report anyway. */
  private static final List<String> LOUDER_THAN_THEY_SHOULD_BE =
      List.of(
          // at every attempt while a broker is away; the client says it in the end
          "org.apache.kafka.clients.NetworkClient",
          "org.apache.kafka.clients.producer.internals.Sender",
          // a reader that moves on drops what a fetch under way would have told it
          "org.apache.kafka.clients.consumer.internals.OffsetFetcherUtils",
          // every heartbeat that comes late, every shard on the move
          "org.apache.pekko.cluster",
          "org.apache.pekko.remote",
          "org.apache.pekko.stream.Materializer",
          // every start of the embedded controller, and every producer that comes first
          "org.apache.kafka.controller.QuorumController",
          "kafka.server.DefaultAutoTopicCreationManager");

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    to(context, console(context), Level.WARN);
    LOUDER_THAN_THEY_SHOULD_BE.forEach(name -> context.getLogger(name).setLevel(Level.ERROR));
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /**
   * From now on into {@code folder/skein.log}, three files of 10 MB at most; our own lines from
   * INFO up.
   */
  public static void toFolder(Path folder) {
    LoggerContext context = context();
    to(context, file(context, folder), Level.WARN);
    context.getLogger("dev.skein").setLevel(Level.INFO);
  }

  /** From now on to stderr, our own lines from DEBUG up and everybody's from INFO. */
  public static void verbose() {
    LoggerContext context = context();
    to(context, console(context), Level.INFO);
    context.getLogger("dev.skein").setLevel(Level.DEBUG);
  }

  private static LoggerContext context() {
    return (LoggerContext) LoggerFactory.getILoggerFactory();
  }

  private static void to(LoggerContext context, Appender<ILoggingEvent> appender, Level level) {
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders();
    root.addAppender(appender);
    root.setLevel(level);
  }

  private static Appender<ILoggingEvent> console(LoggerContext context) {
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder(context));
    appender.start();
    return appender;
  }

  private static FileAppender<ILoggingEvent> file(LoggerContext context, Path folder) {
    RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
    appender.setContext(context);
    appender.setFile(folder.resolve("skein.log").toString());
    FixedWindowRollingPolicy window = new FixedWindowRollingPolicy();
    window.setContext(context);
    window.setParent(appender);
    window.setFileNamePattern(folder.resolve("skein.%i.log").toString());
    window.setMinIndex(1);
    window.setMaxIndex(2);
    window.start();
    SizeBasedTriggeringPolicy<ILoggingEvent> size = new SizeBasedTriggeringPolicy<>();
    size.setContext(context);
    size.setMaxFileSize(FileSize.valueOf("10MB"));
    size.start();
    appender.setRollingPolicy(window);
    appender.setTriggeringPolicy(size);
    appender.setEncoder(encoder(context));
    appender.start();
    return appender;
  }

  private static PatternLayoutEncoder encoder(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(PATTERN);
    encoder.start();
    return encoder;
  }
}
