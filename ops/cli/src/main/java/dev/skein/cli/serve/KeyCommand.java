package dev.skein.cli.serve;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein key}: makes an API key, and the line that lets it in. */
@Command(
    name = "key",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Make an API key for a tenant. Prints the key, which is kept nowhere, and the line for the",
      "file of --api-keys, which holds its digest only. The file needs a line for the tenant too:",
      "  tenant acme requests_per_minute=600 tokens_per_minute=100000 streams=16 sessions=1000 state_bytes=4000000000",
      "with as many of these quotas as you wish. A running router takes up a changed file by itself."
    })
public final class KeyCommand implements Callable<Integer> {
  private static final int KEY_BYTES = 32;

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "TENANT", description = "Whose key it is.")
  String tenant = "";

  @Option(names = "--read-only", description = "The key may look, and change or generate nothing.")
  boolean readOnly;

  @Option(names = "--json", description = "Print one JSON line.")
  boolean json;

  @Override
  public Integer call() throws NoSuchAlgorithmException {
    if (!tenant.matches("[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")) {
      throw new ParameterException(
          spec.commandLine(),
          "a tenant's name is 1 to 64 lower-case letters, digits and hyphens, not '"
              + tenant
              + "'");
    }
    byte[] random = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(random);
    String key = "sk-" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    String line =
        "key "
            + tenant
            + " sha256:"
            + HexFormat.of().formatHex(digest)
            + (readOnly ? " access=read" : "");
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          "{\"tenant\":\"" + tenant + "\",\"key\":\"" + key + "\",\"line\":\"" + line + "\"}");
    } else {
      out.println("API key      " + key);
      out.println("line of file " + line);
    }
    out.flush();
    return 0;
  }
}
