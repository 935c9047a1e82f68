package dev.skein.router.http;

import dev.skein.router.RouterException;
import dev.skein.router.RouterSecurity;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** The server's side of TLS, from two PEM files. */
final class ServerCertificate {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]+)-----END \\1-----");
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");
  private static final char[] NO_PASSWORD = new char[0];

  private ServerCertificate() {}

  /**
   * What the server shows its clients; null without a certificate.
   *
   * @throws RouterException in one sentence, if a file cannot be used or they do not belong
   *     together
   */
  static @Nullable SSLContext context(RouterSecurity security) throws RouterException {
    Path certificate = security.certificate();
    Path key = security.privateKey();
    if (certificate == null && key == null) {
      return null;
    }
    if (certificate == null || key == null) {
      throw new RouterException("TLS needs both a certificate and its private key.");
    }
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, NO_PASSWORD);
      store.setKeyEntry("server", privateKey(key), NO_PASSWORD, chain(certificate));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, NO_PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new RouterException(
          "The certificate " + certificate + " cannot be used with the key " + key + ": " + e, e);
    }
  }

  private static Certificate[] chain(Path file) throws RouterException {
    try {
      Collection<? extends Certificate> chain =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)));
      if (chain.isEmpty()) {
        throw new RouterException("There is no certificate in " + file + ": it must be PEM.");
      }
      return chain.toArray(Certificate[]::new);
    } catch (GeneralSecurityException | IOException e) {
      throw new RouterException("The certificate " + file + " cannot be read: " + e, e);
    }
  }

  private static PrivateKey privateKey(Path file) throws RouterException {
    String text;
    try {
      text = Files.readString(file, StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new RouterException("The private key " + file + " cannot be read: " + e, e);
    }
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      if (block.group(1).equals("PRIVATE KEY")) {
        return decoded(file, block.group(2));
      }
      if (block.group(1).endsWith("PRIVATE KEY")) {
        throw new RouterException(
            "The private key "
                + file
                + " is not plain PKCS #8: 'openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW' makes it so.");
      }
    }
    throw new RouterException("There is no private key in " + file + ": it must be PEM.");
  }

  private static PrivateKey decoded(Path file, String base64) throws RouterException {
    PKCS8EncodedKeySpec spec;
    try {
      spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      throw new RouterException("The private key " + file + " is not PEM: " + e.getMessage(), e);
    }
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        // It is of another algorithm.
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("Every JDK has " + algorithm + ".", e);
      }
    }
    throw new RouterException("The private key " + file + " is neither RSA, EC nor EdDSA.");
  }
}
