package dev.skein.cli.cache;

import dev.skein.cli.hub.DownloadBar;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * What a person is told on standard error while a model is got.
 *
 * @param person whether one looks on, and gets bars
 */
public record Notes(PrintWriter err, boolean person) {
  void say(String line) {
    err.println(line);
    err.flush();
  }

  void waiting(Path path) {
    say("another process is at work on " + path + ": waiting for it");
  }

  DownloadBar bar(String label) {
    return new DownloadBar(err, label, person);
  }
}
