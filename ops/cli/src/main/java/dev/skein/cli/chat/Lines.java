package dev.skein.cli.chat;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.Terminals;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
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

  /** A line editor with history; Ctrl-C and Ctrl-D end the conversation. */
  final class AtTerminal implements Lines {
    private static final String PROMPT = "> ";

    private final Terminal terminal;
    private final LineReader reader;

    AtTerminal() {
      try {
        terminal = TerminalBuilder.builder().system(true).build();
        reader = LineReaderBuilder.builder().terminal(terminal).build();
      } catch (IOException e) {
        throw new CommandFailure("the terminal cannot be used: " + e.getMessage(), e);
      }
    }

    @Override
    public @Nullable String next() {
      try {
        return reader.readLine(PROMPT);
      } catch (EndOfFileException | UserInterruptException e) {
        return null;
      }
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
