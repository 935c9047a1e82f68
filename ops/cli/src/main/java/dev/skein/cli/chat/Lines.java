package dev.skein.cli.chat;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.Terminals;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;

/** What the user says, a line at a time: edited at a terminal, or as it comes from a pipe. */
interface Lines extends AutoCloseable {
  /** The next line; null when there are no more. */
  @Nullable String next();

  /** Whether a person sits there. */
  boolean interactive();

  @Override
  void close();

  /** Of this process's standard input. */
  static Lines open() {
    return Terminals.in() ? new AtTerminal() : new FromPipe();
  }

  /**
   * A line editor whose history outlives it; a backslash at the end of a line goes on in the next
   * one. Ctrl-C drops what was typed, and ends the conversation where nothing was; Ctrl-D ends it.
   */
  final class AtTerminal implements Lines {
    private static final String PROMPT = "> ";
    private static final int REMEMBERED_MAX = 1_000;

    private final Terminal terminal;
    private final LineReader reader;

    AtTerminal() {
      try {
        terminal = TerminalBuilder.builder().system(true).build();
        DefaultParser parser = new DefaultParser();
        parser.setEofOnEscapedNewLine(true);
        reader =
            LineReaderBuilder.builder()
                .terminal(terminal)
                .parser(parser)
                .variable(LineReader.SECONDARY_PROMPT_PATTERN, ". ")
                .variable(LineReader.HISTORY_SIZE, REMEMBERED_MAX)
                .variable(LineReader.HISTORY_FILE, history())
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .build();
      } catch (IOException e) {
        throw new CommandFailure("the terminal cannot be used: " + e.getMessage(), e);
      }
    }

    @Override
    public @Nullable String next() {
      while (true) {
        try {
          return reader.readLine(PROMPT).replace("\\\n", "\n");
        } catch (EndOfFileException e) {
          return null;
        } catch (UserInterruptException e) {
          if (e.getPartialLine().isBlank()) {
            return null;
          }
        }
      }
    }

    /** Where what was typed is found again. */
    private static Path history() throws IOException {
      String state = System.getenv("XDG_STATE_HOME");
      Path folder =
          state == null || state.isBlank()
              ? Path.of(System.getProperty("user.home"), ".local", "state")
              : Path.of(state);
      return Files.createDirectories(folder.resolve("skein")).resolve("chat-history");
    }

    @Override
    public boolean interactive() {
      return true;
    }

    @Override
    public void close() {
      try {
        terminal.close();
      } catch (IOException e) {
        throw new CommandFailure("the terminal could not be restored: " + e.getMessage(), e);
      }
    }
  }

  /** Plain lines. */
  final class FromPipe implements Lines {
    private final BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                System.in,
                Charset.forName(
                    System.getProperty("stdin.encoding", StandardCharsets.UTF_8.name()))));

    @Override
    public @Nullable String next() {
      try {
        return in.readLine();
      } catch (IOException e) {
        throw new CommandFailure("cannot read standard input: " + e.getMessage(), e);
      }
    }

    @Override
    public boolean interactive() {
      return false;
    }

    @Override
    public void close() {
      // standard input is not ours to close
    }
  }
}
