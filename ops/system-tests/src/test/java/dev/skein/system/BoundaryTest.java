package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Who may know whom, read from the compiled classes. Maven keeps houses apart; this keeps the rooms
 * apart too.
 */
class BoundaryTest {
  private static final String KAFKA = "(org/apache/)?kafka/";
  private static final String PEKKO = "org/apache/pekko/";
  private static final String HTTP =
      "org/apache/pekko/http/|java/net/http/|com/sun/net/httpserver/";
  private static final String NETWORK = "java/net/(?!URI|URL)|java/nio/channels/\\w*Socket|" + HTTP;

  private static final List<String> HOUSES =
      List.of(
          "proto",
          "state-store",
          "worker/kernels",
          "worker/model",
          "worker/engine",
          "worker/node",
          "router",
          "router/client",
          "ops/bench",
          "ops/simulation",
          "ops/cli");

  /**
   * A rule: classes of the packages that match must not refer to classes that match.
   *
   * @param what the rule in words
   * @param who regular expression over binary names of packages, with slashes
   * @param mustNotKnow regular expression over the beginnings of class names, with slashes
   */
  record Rule(String what, String who, String mustNotKnow) {
    @Override
    public String toString() {
      return what;
    }
  }

  static Stream<Rule> rules() {
    return Stream.of(
        new Rule(
            "only *.kafka packages and the store see Kafka",
            "(?!.*/kafka$)(?!dev/skein/store).*",
            KAFKA),
        new Rule(
            "only *.cluster packages and the router's http and delivery see Pekko",
            "(?!.*/cluster$)(?!dev/skein/router/(http|delivery)$)(?!dev/skein/(router|worker)$).*",
            PEKKO),
        new Rule(
            "proto knows nothing but the schemas",
            "dev/skein/proto",
            KAFKA + "|" + PEKKO + "|" + HTTP + "|dev/skein/(?!proto/)"),
        new Rule(
            "the store knows neither engine nor Pekko nor HTTP",
            "dev/skein/store.*",
            PEKKO + "|" + HTTP + "|dev/skein/(?!proto/|store/)"),
        new Rule(
            "kernels need the JDK alone",
            "dev/skein/kernels.*",
            "(?!java/|jdk/|dev/skein/kernels/|org/jspecify/).*"),
        new Rule(
            "only kernels use the Vector API and native functions",
            "(?!dev/skein/kernels).*",
            "jdk/incubator/vector/|java/lang/foreign/(Linker|SymbolLookup)"),
        new Rule(
            "the model knows kernels and files",
            "dev/skein/model.*",
            NETWORK + "|" + KAFKA + "|" + PEKKO + "|dev/skein/(?!kernels/|model/)"),
        new Rule(
            "only the BPE tokenizer uses the native tokenizers",
            "(?!dev/skein/model/text/bpe$).*",
            "ai/djl/"),
        new Rule(
            "of the native tokenizers, only the functions are used",
            "dev/skein/model/text/bpe",
            "ai/djl/(?!huggingface/tokenizers/jni/TokenizersLibrary)"),
        new Rule(
            "the engine knows the model and no I/O",
            "dev/skein/engine.*",
            NETWORK + "|" + KAFKA + "|" + PEKKO + "|dev/skein/(?!kernels/|model/|engine/)"),
        new Rule("the worker knows no HTTP", "dev/skein/worker.*", HTTP + "|dev/skein/router/"),
        new Rule(
            "the router never knows model or worker",
            "dev/skein/router.*",
            "dev/skein/(?!proto/|router/)"),
        new Rule(
            "the client knows the JDK and Jackson alone",
            "dev/skein/client.*",
            "(?!java/|dev/skein/client/|com/fasterxml/jackson/|org/jspecify/).*"),
        new Rule(
            "the simulation knows no network and no threads",
            "dev/skein/simulation.*",
            NETWORK + "|" + KAFKA + "|" + PEKKO + "|java/lang/Thread|dev/skein/(router|cli)/"),
        new Rule(
            "nobody but the command line knows the command line",
            "(?!dev/skein/cli).*",
            "dev/skein/cli/"));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void holds(Rule rule) {
    Pattern who = Pattern.compile(rule.who());
    Pattern what = Pattern.compile(rule.mustNotKnow());
    List<ClassModel> asked = classes().filter(c -> who.matcher(packageOf(c)).matches()).toList();
    assertThat(asked).as("classes that the rule is about").isNotEmpty();
    List<String> broken =
        asked.stream()
            .flatMap(c ->
                referencesOf(c).stream()
                    .filter(r -> what.matcher(r).lookingAt())
                    .map(r -> c.thisClass().asInternalName() + " -> " + r))
            .toList();
    assertThat(broken).as(rule.what()).isEmpty();
  }

  private static Stream<ClassModel> classes() {
    return HOUSES.stream().flatMap(BoundaryTest::classesOf);
  }

  private static Stream<ClassModel> classesOf(String house) {
    Path folder = Checkout.root().resolve(house).resolve("target/classes");
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(f -> f.toString().endsWith(".class") && !f.endsWith("module-info.class"))
          .map(BoundaryTest::parse)
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException("the house is not compiled: " + folder, e);
    }
  }

  private static ClassModel parse(Path file) {
    try {
      return ClassFile.of().parse(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String packageOf(ClassModel c) {
    String name = c.thisClass().asInternalName();
    return name.substring(0, name.lastIndexOf('/'));
  }

  private static final Pattern IN_DESCRIPTOR = Pattern.compile("(?:^|[(;\\[)<+*-])L([\\w/$]+)");

  /** Class names of the constant pool, those inside descriptors and signatures included. */
  private static Set<String> referencesOf(ClassModel c) {
    Set<String> names = new TreeSet<>();
    for (PoolEntry entry : c.constantPool()) {
      if (entry instanceof java.lang.classfile.constantpool.ClassEntry reference) {
        String name = reference.asInternalName();
        if (!name.startsWith("[")) {
          names.add(name);
        }
      } else if (entry instanceof Utf8Entry text) {
        Matcher m = IN_DESCRIPTOR.matcher(text.stringValue());
        names.addAll(m.results().map(r -> r.group(1)).collect(Collectors.toSet()));
      }
    }
    names.removeIf(name -> !name.contains("/"));
    return names;
  }
}
