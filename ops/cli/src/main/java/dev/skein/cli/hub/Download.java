package dev.skein.cli.hub;

import dev.skein.cli.web.Answer;
import dev.skein.cli.web.HubClient;
import dev.skein.cli.web.HubException;
import dev.skein.cli.web.Patience;
import dev.skein.cli.web.Pauses;
import dev.skein.cli.web.Retries;
import dev.skein.cli.web.Sizes;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Brings one file to disk. What arrived stays in a part file beside the target, and another call
 * goes on from there if the hub still has the same content (its ETag); the digest runs over every
 * byte, those of earlier calls included; and the target gets its name only when length and digest
 * are those that the hub declared. The caller sees to it that nobody else fetches the same file.
 */
public final class Download {
  private static final long BYTES_MAX = 1L << 40;
  private static final long SPACE_LEFT = 64 << 20;
  private static final long SPACE_EVERY = 256 << 20;
  private static final Pattern RANGE =
      Pattern.compile("bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\\*)");

  /**
   * What to fetch.
   *
   * @param uri where from
   * @param target where to
   * @param bytes its length, 0 if it is not known
   * @param sha256 its digest, or null if it is not known
   */
  public record Order(URI uri, Path target, long bytes, @Nullable String sha256) {
    String what() {
      return String.valueOf(target.getFileName());
    }
  }

  /** How much room a folder's disk has. */
  @FunctionalInterface
  public interface Space {
    /** The disk's own word. */
    Space REAL = folder -> Files.getFileStore(folder).getUsableSpace();

    /** Bytes that may still be written. */
    long usable(Path folder) throws IOException;
  }

  private final HubClient client;
  private final Pauses pauses;
  private final Space space;

  public Download(HubClient client, Pauses pauses, Space space) {
    this.client = client;
    this.pauses = pauses;
    this.space = space;
  }

  /**
   * Fetches a file.
   *
   * @return its SHA-256, declared by the hub or not
   * @throws HubException if it cannot be had; the message says why and what to do
   */
  public String fetch(Order order, DownloadProgress progress) throws IOException {
    Files.createDirectories(folder(order));
    Retries retries = new Retries(client.settings().patience(), pauses);
    while (true) {
      try {
        return attempt(order, progress, retries);
      } catch (HubException e) {
        retries.failed(e);
      }
    }
  }

  private static Path folder(Order order) {
    return Objects.requireNonNull(order.target().toAbsolutePath().getParent(), "a file's folder");
  }

  private String attempt(Order order, DownloadProgress progress, Retries retries)
      throws IOException {
    PartFile part = new PartFile(order.target());
    long have = part.bytes();
    Map<String, String> range = have > 0 ? Map.of("Range", "bytes=" + have + "-") : Map.of();
    try (Answer answer = client.get(order.uri(), range, order.what())) {
      String saved = part.identity();
      boolean same = saved != null && saved.equals(answer.identity());
      if (answer.status() == 416 && same && have == order.bytes()) {
        return verified(order, part, declared(answer, order), part.digest(have), have);
      }
      if (answer.status() == 416 || (have > 0 && !same)) {
        part.drop();
        throw HubException.passing(order.what() + " changed on the server while it was fetched");
      }
      long from = answer.status() == 206 ? begin(answer, have, order) : 0;
      long total = total(answer, from, order);
      String sha = declared(answer, order);
      if (answer.html() && !order.what().endsWith(".html")) {
        throw page(answer, order);
      }
      enoughSpace(order, Math.max(0, total - from));
      MessageDigest digest = part.digest(from);
      try (FileChannel to = part.open(from, answer.identity())) {
        new Stream(order, answer, to, digest, progress, retries).run(from, total);
      }
      return verified(order, part, sha, digest, from);
    }
  }

  /** Where a partial answer begins: only where the part ends will do. */
  private static long begin(Answer answer, long have, Order order) throws HubException {
    Matcher range = RANGE.matcher(answer.headers().firstValue("content-range").orElse(""));
    if (!range.matches() || Long.parseLong(range.group(1)) != have || have == 0) {
      throw HubException.last(
          answer.at().getHost()
              + " answers with another part of "
              + order.what()
              + " than was asked");
    }
    return have;
  }

  /** The length of the whole file, 0 if nobody knows. */
  private static long total(Answer answer, long from, Order order) throws HubException {
    long told = answer.length() < 0 ? 0 : from + answer.length();
    for (long expected : new long[] {order.bytes(), answer.linkedSize()}) {
      if (expected > 0 && told > 0 && told != expected) {
        // Pages of login gates come with the length of a page.
        throw answer.html()
            ? page(answer, order)
            : HubException.last(
                order.what()
                    + " has the wrong length: the hub declares "
                    + expected
                    + " bytes and "
                    + answer.at().getHost()
                    + " sends "
                    + told
                    + "; try again later, or through another HF_ENDPOINT");
      }
      told = told == 0 ? expected : told;
    }
    if (told > BYTES_MAX) {
      throw HubException.last(order.what() + " is said to have " + Sizes.of(told) + ": refused");
    }
    return told;
  }

  private static @Nullable String declared(Answer answer, Order order) throws HubException {
    String linked = answer.sha256();
    String ordered = order.sha256();
    if (linked != null && ordered != null && !linked.equals(ordered)) {
      throw HubException.last(
          order.what()
              + " is not the file that was expected: its digest should be "
              + ordered
              + ", and the server declares "
              + linked
              + "; the repository may have changed: try again, or look at its page");
    }
    return ordered == null ? linked : ordered;
  }

  private static HubException page(Answer answer, Order order) {
    return HubException.last(
        answer.at().getHost()
            + " sends a web page instead of "
            + order.what()
            + ": a login page of the network, perhaps, or an address of a page and not of a file");
  }

  private void enoughSpace(Order order, long bytes) throws IOException {
    Path folder = folder(order);
    long usable = space.usable(folder);
    if (usable < bytes + SPACE_LEFT) {
      throw HubException.last(
          "not enough room for "
              + order.what()
              + ": "
              + Sizes.of(bytes + SPACE_LEFT)
              + " are needed and "
              + Sizes.of(usable)
              + " are free in "
              + folder
              + "; make room, or take another place with --dir or SKEIN_HOME");
    }
  }

  private static String verified(
      Order order, PartFile part, @Nullable String declared, MessageDigest digest, long from)
      throws IOException {
    String sha = Digests.hex(digest);
    if (declared != null && !declared.equals(sha)) {
      part.drop();
      if (from > 0) { // what was on disk may be to blame: once more from the beginning
        throw HubException.passing(order.what() + " arrived damaged");
      }
      throw HubException.last(
          order.what()
              + " arrived damaged and was deleted: its SHA-256 is "
              + sha
              + ", and the hub declares "
              + declared
              + "; try again");
    }
    part.complete();
    return sha;
  }

  /** The bytes of one answer on their way to disk. */
  private final class Stream {
    private final Order order;
    private final Answer answer;
    private final FileChannel to;
    private final MessageDigest digest;
    private final DownloadProgress progress;
    private final Retries retries;

    Stream(
        Order order,
        Answer answer,
        FileChannel to,
        MessageDigest digest,
        DownloadProgress progress,
        Retries retries) {
      this.order = order;
      this.answer = answer;
      this.to = to;
      this.digest = digest;
      this.progress = progress;
      this.retries = retries;
    }

    void run(long from, long total) throws IOException {
      Duration stall = client.settings().patience().stall();
      long done = from;
      long spaceAt = from + SPACE_EVERY;
      long windowBytes = 0;
      long windowBegin = System.nanoTime();
      progress.arrived(done, total);
      for (ByteBuffer b = answer.body().next(stall); b != null; b = answer.body().next(stall)) {
        int size = b.remaining();
        if (done == 0) {
          refuseOtherThings(b);
        }
        if (done + size > (total > 0 ? total : BYTES_MAX)) {
          throw HubException.last(order.what() + " is longer than the hub declares: refused");
        }
        digest.update(b.duplicate());
        write(b);
        done += size;
        retries.progressed(size);
        progress.arrived(done, total);
        if (done >= spaceAt) {
          spaceAt = done + SPACE_EVERY;
          enoughSpace(order, 0);
        }
        windowBytes += size;
        long now = System.nanoTime();
        if (now - windowBegin > stall.toNanos()) {
          if (windowBytes < Patience.TRICKLE) {
            throw HubException.passing("almost no bytes of " + order.what() + " come any more");
          }
          windowBegin = now;
          windowBytes = 0;
        }
      }
      if (done < total) {
        throw HubException.passing(
            order.what() + " ends after " + done + " of " + total + " bytes");
      }
    }

    private void write(ByteBuffer bytes) throws IOException {
      try {
        while (bytes.hasRemaining()) {
          to.write(bytes);
        }
      } catch (IOException e) {
        throw HubException.last(
            "writing "
                + order.what()
                + " failed ("
                + e.getMessage()
                + "); what has arrived is kept: make room in "
                + folder(order)
                + " and call again");
      }
    }

    /** A page in spite of its type, or git's note about a file that lies elsewhere. */
    private void refuseOtherThings(ByteBuffer first) throws HubException {
      byte[] head = new byte[Math.min(first.remaining(), 200)];
      first.duplicate().get(head);
      String text =
          new String(head, StandardCharsets.ISO_8859_1).stripLeading().toLowerCase(Locale.ROOT);
      if (text.startsWith("<!doctype html") || text.startsWith("<html")) {
        throw page(answer, order);
      }
      if (text.startsWith("version https://git-lfs")) {
        throw HubException.last(
            answer.at().getHost()
                + " sends git's note about "
                + order.what()
                + " instead of the file: use the address with /resolve/");
      }
    }
  }
}
