package dev.skein.router.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.router.RouterException;
import dev.skein.router.RouterSecurity;
import dev.skein.router.TestCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerCertificateTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"RSA", "EC", "Ed25519"})
  void aServerShowsTheCertificateOfTheFiles(String algorithm) throws Exception {
    TestCertificate made = TestCertificate.make(folder, algorithm);
    SSLContext server = Objects.requireNonNull(ServerCertificate.context(made.files()));
    try (SSLServerSocket listener =
            (SSLServerSocket) server.getServerSocketFactory().createServerSocket(0);
        SSLSocket socket =
            (SSLSocket)
                made.client()
                    .getSocketFactory()
                    .createSocket("localhost", listener.getLocalPort())) {
      CompletableFuture<Integer> heard =
          CompletableFuture.supplyAsync(() -> {
            try (SSLSocket accepted = (SSLSocket) listener.accept()) {
              return accepted.getInputStream().read();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      socket.getOutputStream().write(42);
      socket.getOutputStream().flush();
      assertThat(heard.get(20, TimeUnit.SECONDS)).isEqualTo(42);
      assertThat(socket.getSession().getPeerCertificates()[0]).isEqualTo(made.certificate());
    }
  }

  @Test
  void filesThatCannotBeUsedAreOneSentence() throws Exception {
    Path empty = Files.createFile(folder.resolve("empty.pem"));
    Path old =
        TestCertificate.pem(folder.resolve("old.pem"), "EC PRIVATE KEY", new byte[] {1, 2, 3});
    Path wrong =
        TestCertificate.pem(folder.resolve("wrong.pem"), "PRIVATE KEY", new byte[] {1, 2, 3});
    assertThatThrownBy(() -> ServerCertificate.context(new RouterSecurity(null, empty, null)))
        .isInstanceOf(RouterException.class)
        .hasMessageContaining("both");
    assertRefused(empty, empty, "no private key");
    assertRefused(empty, old, "openssl pkcs8");
    assertRefused(empty, wrong, "neither RSA");
    assertRefused(empty, folder.resolve("absent.pem"), "cannot be read");
  }

  private static void assertRefused(Path certificate, Path key, String said) {
    assertThatThrownBy(() -> ServerCertificate.context(new RouterSecurity(null, certificate, key)))
        .isInstanceOf(RouterException.class)
        .hasMessageContaining(said);
  }
}
