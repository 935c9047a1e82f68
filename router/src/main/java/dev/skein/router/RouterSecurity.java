package dev.skein.router;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How HTTP is guarded.
 *
 * @param apiKeys file of tenants, their quotas and the digests of their keys; null: no key is asked
 *     for, and only loopback may be listened on
 * @param certificate PEM file of the server's certificate chain; null: HTTP without TLS
 * @param privateKey PEM file of the certificate's private key (PKCS #8, without a password); null
 *     without a certificate
 */
public record RouterSecurity(
    @Nullable Path apiKeys, @Nullable Path certificate, @Nullable Path privateKey) {
  /** No keys, no TLS. */
  public static final RouterSecurity NONE = new RouterSecurity(null, null, null);
}
