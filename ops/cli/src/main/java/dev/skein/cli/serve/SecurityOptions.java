package dev.skein.cli.serve;

import dev.skein.router.RouterSecurity;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the HTTP API is guarded. Shared by {@code up} and {@code router}. */
public final class SecurityOptions {
  @Option(
      names = "--api-keys",
      paramLabel = "FILE",
      description =
          "Ask clients of the API for keys: this file names tenants, their quotas and the digests of their keys ('skein key' makes one).")
  @Nullable Path apiKeys;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "Serve the API over TLS with this PEM certificate chain; needs --tls-key.")
  @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "The certificate's private key: PEM, PKCS #8, without a password.")
  @Nullable Path privateKey;

  /** Whether keys are asked for. */
  public boolean guarded() {
    return apiKeys != null;
  }

  /** All of it. */
  public RouterSecurity security() {
    return new RouterSecurity(apiKeys, certificate, privateKey);
  }
}
