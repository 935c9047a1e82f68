package dev.skein.cli.chat;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.web.Sizes;
import dev.skein.client.ChatRequest;
import dev.skein.client.Piece;
import dev.skein.client.SessionInfo;
import dev.skein.client.SessionTurn;
import dev.skein.client.SkeinClient;
import dev.skein.client.SkeinException;
import dev.skein.client.Usage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A conversation with one router: what is typed goes to the session, and what begins with a slash
 * is done to it.
 */
final class Talk {
  /** What can be typed besides messages. */
  static final String HELP =
      """
      /fork [NAME]    go on in a copy of this session; the old one stays as it is
      /rewind [N]     forget the last N turns (1)
      /save FILE      write the session into a file for 'skein session import'
      /stats          what the session and the last answer took
      /think on|off   show what a model that thinks is thinking
      /help           this list
      /quit           end (or Ctrl-D)
      A backslash at the end of a line goes on with the message in the next one.\
      """;

  private static final int TURNS_MAX = 1_000;

  private final SkeinClient skein;
  private final String model;
  private final int maxTokens;
  private final PrintWriter out;
  private String session;
  private boolean thinks;
  private @Nullable Usage last;
  private long lastNanos;

  Talk(SkeinClient skein, String model, String session, int maxTokens, PrintWriter out) {
    this.skein = skein;
    this.model = model;
    this.session = session;
    this.maxTokens = maxTokens;
    this.out = out;
  }

  /**
   * Does what a line says; whether the conversation goes on.
   *
   * @throws CommandFailure with the router's own sentence if it refuses, or breaks off
   */
  boolean take(String line) {
    String typed = line.strip();
    if (typed.isEmpty()) {
      return true;
    }
    try {
      if (!typed.startsWith("/")) {
        say(typed);
        return true;
      }
      String[] words = typed.split("\\s+", 2);
      return command(words[0].toLowerCase(Locale.ROOT), words.length > 1 ? words[1] : "");
    } catch (SkeinException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new CommandFailure("the router does not answer: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  private boolean command(String word, String rest) throws IOException, InterruptedException {
    switch (word) {
      case "/quit", "/exit" -> {
        return false;
      }
      case "/help" -> tell(HELP);
      case "/fork" -> fork(rest);
      case "/rewind" -> rewind(rest.isEmpty() ? "1" : rest);
      case "/save" -> save(rest);
      case "/stats" -> stats();
      case "/think" -> think(rest);
      default -> throw new CommandFailure("there is no " + word + "; /help lists what there is");
    }
    return true;
  }

  private void say(String words) throws IOException, InterruptedException {
    ChatRequest request = ChatRequest.of(words).model(model).session(session).maxTokens(maxTokens);
    long began = System.nanoTime();
    Shown shown = new Shown();
    skein.follow(request, shown::show);
    lastNanos = System.nanoTime() - began;
    tell("");
  }

  private void fork(String name) throws IOException, InterruptedException {
    String child =
        name.isEmpty() ? session + "-" + UUID.randomUUID().toString().substring(0, 8) : name;
    SessionInfo made = skein.sessions().fork(session, child);
    tell("session " + made.id() + " goes on from here; " + session + " stays as it is");
    session = made.id();
  }

  private void rewind(String count) throws IOException, InterruptedException {
    if (!count.matches("[1-9][0-9]{0,3}")) {
      throw new CommandFailure("/rewind takes a number of turns, and got '" + count + "'");
    }
    int turns = Integer.parseInt(count);
    List<SessionTurn> said = skein.sessions().transcript(session, TURNS_MAX);
    if (turns > said.size()) {
      throw new CommandFailure("the session has only " + said.size() + " turns to forget");
    }
    if (turns == said.size()) {
      skein.sessions().delete(session);
      tell("forgot everything");
      return;
    }
    SessionTurn end = said.get(said.size() - turns - 1);
    var _ = skein.sessions().rewind(session, end.turn());
    String words = end.messages().isEmpty() ? end.prompt() : end.messages().getLast().content();
    tell("back at the end of turn " + end.turn() + " (" + shortened(words) + ")");
  }

  private static String shortened(String words) {
    String line = words.replaceAll("\\s+", " ").strip();
    return line.length() > 60 ? line.substring(0, 57) + "..." : line;
  }

  private void save(String file) throws IOException, InterruptedException {
    if (file.isEmpty()) {
      throw new CommandFailure("/save takes the name of a file");
    }
    long bytes = skein.sessions().export(session, Path.of(file));
    tell("wrote " + Sizes.of(bytes) + " to " + file);
  }

  private void stats() throws IOException, InterruptedException {
    SessionInfo info = skein.sessions().show(session);
    tell(
        "session %s, model %s: %d turns, %,d tokens read, state of %s"
            .formatted(
                info.id(),
                info.model(),
                info.nextTurn(),
                info.tokensRead(),
                Sizes.of(info.stateBytes())));
    Usage usage = last;
    if (usage != null) {
      tell(
          "last answer: %d tokens read, %d generated, %.1f a second"
              .formatted(
                  usage.promptTokens(),
                  usage.completionTokens(),
                  usage.completionTokens() * 1e9 / Math.max(1, lastNanos)));
    }
  }

  private void think(String state) {
    thinks =
        switch (state) {
          case "on" -> true;
          case "off" -> false;
          case "" -> !thinks;
          default -> throw new CommandFailure("/think takes on or off, and got '" + state + "'");
        };
    tell("thoughts are " + (thinks ? "shown" : "hidden"));
  }

  private void tell(String sentence) {
    out.println(sentence);
    out.flush();
  }

  /**
   * An answer while it comes, without the blank that the chat layout puts before its first word.
   */
  private final class Shown {
    private boolean begun;
    private boolean thought;

    void show(Piece piece) {
      if (thinks && !piece.thought().isEmpty()) {
        print((thought ? "" : "(") + piece.thought());
        thought = true;
      }
      if (!piece.text().isEmpty()) {
        if (thought) {
          print(")" + System.lineSeparator());
          thought = false;
        }
        print(begun ? piece.text() : piece.text().stripLeading());
        begun |= !piece.text().isBlank();
      }
      if (piece.usage() != null) {
        last = piece.usage();
      }
    }

    private void print(String text) {
      out.print(text);
      out.flush();
    }
  }
}
