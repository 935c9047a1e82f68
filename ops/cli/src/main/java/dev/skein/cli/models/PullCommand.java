package dev.skein.cli.models;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.Terminals;
import dev.skein.cli.cache.CacheJson;
import dev.skein.cli.cache.CachedModel;
import dev.skein.cli.cache.ModelPull;
import dev.skein.cli.cache.Notes;
import dev.skein.cli.cache.Surroundings;
import dev.skein.cli.catalogue.Vocabulary;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein model pull}: fetches a model. */
@Command(
    name = "pull",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Fetch a model into the cache: the newest file of a published one, or the file of an address.",
      "An interrupted download goes on where it ended. What arrives is checked against the SHA-256"
          + " that the hub declares."
    },
    footerHeading = "Environment:%n",
    footer = {
      "  HF_TOKEN     token for private or licence-gated repositories",
      "  HF_ENDPOINT  another hub or mirror",
      "  HTTPS_PROXY, NO_PROXY  proxy, and hosts that need none",
      "  SKEIN_HOME   where the cache is (default: ~/.cache/skein)",
      "  SKEIN_OFFLINE=1  never use the network"
    })
public final class PullCommand implements Callable<Integer> {
  private static final String VOCABULARY = "vocabulary:";

  private final Surroundings around;

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      description = {
        "A name of 'skein model list', hf://owner/repository/file, ms://owner/repository/file"
            + " (ModelScope), the address of a file, vocabulary:world or vocabulary:neox."
      })
  String model = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Name to find it by (default: MODEL).")
  @Nullable String name;

  @Option(
      names = "--like",
      paramLabel = "MODEL",
      description =
          "The published model whose vocabulary, chat template and sampling hold for it: for an"
              + " address that the catalogue does not know.")
  @Nullable String like;

  @Option(names = "--sha256", paramLabel = "HEX", description = "Digest that the file must have.")
  @Nullable String sha256;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Put it into this folder instead of the cache.")
  @Nullable Path dir;

  @Option(names = "--offline", description = "Do not use the network: only look what is here.")
  boolean offline;

  @Option(names = "--json", description = "Print one JSON line.")
  boolean json;

  public PullCommand() {
    this(Surroundings.ofProcess());
  }

  PullCommand(Surroundings around) {
    this.around = around;
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    ModelPull pull = new ModelPull(around, new Notes(spec.commandLine().getErr(), Terminals.err()));
    if (model.startsWith(VOCABULARY)) {
      out.println(pull.pullVocabulary(vocabulary(), offline));
      out.flush();
      return 0;
    }
    CachedModel pulled = pull.pull(new ModelPull.Wish(model, name(), like, digest(), dir), offline);
    out.println(json ? CacheJson.line(facts(pulled)) : sentence(pulled));
    out.flush();
    return 0;
  }

  private Vocabulary vocabulary() {
    Vocabulary found = around.catalogue().vocabularies().get(model.substring(VOCABULARY.length()));
    if (found == null) {
      throw new ParameterException(
          spec.commandLine(),
          "there is no " + model + ": vocabulary:world and vocabulary:neox are");
    }
    return found;
  }

  private @Nullable String name() {
    String given = name;
    if (given != null && !given.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,40}")) {
      throw new ParameterException(
          spec.commandLine(),
          "--name takes letters, digits, '.', '_' and '-', not '" + given + "'");
    }
    return given;
  }

  private @Nullable String digest() {
    String given = sha256 == null ? null : sha256.toLowerCase(Locale.ROOT);
    if (given != null && !given.matches("[0-9a-f]{64}")) {
      throw new ParameterException(
          spec.commandLine(), "--sha256 takes 64 hexadecimal digits, not '" + given + "'");
    }
    return given;
  }

  private String sentence(CachedModel pulled) {
    String use = dir == null ? pulled.name() : pulled.folder().toString();
    return pulled.folder() + "  (use it with --model " + use + ")";
  }

  private static ObjectNode facts(CachedModel pulled) {
    ObjectNode facts = CacheJson.object();
    facts.put("name", pulled.name());
    facts.put("path", pulled.folder().toString());
    facts.put("file", pulled.weights());
    facts.put("file_bytes", pulled.bytes());
    facts.put("sha256", pulled.sha256());
    facts.put("licence", pulled.licence());
    facts.put("origin", pulled.origin());
    return facts;
  }
}
