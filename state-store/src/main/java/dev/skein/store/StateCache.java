package dev.skein.store;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots on the local disk, so that a session that left memory wakes without a read of the log.
 * A file is named by the SHA-256 of what it holds and counts only if it holds that: nothing is lost
 * with it, and nothing wrong is believed. Bounded; what was not used for longest goes first. Any
 * thread.
 */
public final class StateCache implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(StateCache.class.getName());

  /** What waits to be written; more is not kept. */
  private static final long WAITING_BYTES_MAX = 64L << 20;

  private static final String HALF = ".new";

  private record Entry(String name, ByteString bytes) {}

  private static final Entry LAST = new Entry("", ByteString.EMPTY);

  private final Path folder;
  private final long bytesMax;

  // Access order: what was not used for longest comes first.
  private final Map<String, Long> sizes = new LinkedHashMap<>(16, 0.75f, true);
  private final BlockingQueue<Entry> waiting = new LinkedBlockingQueue<>();
  private final AtomicLong waitingBytes = new AtomicLong();
  private final AtomicLong hits = new AtomicLong();
  private final AtomicLong misses = new AtomicLong();
  private final Thread thread;
  private long bytes;

  private StateCache(Path folder, long bytesMax) {
    this.folder = folder;
    this.bytesMax = bytesMax;
    this.thread = Thread.ofPlatform().name("state-cache").daemon(true).unstarted(this::write);
  }

  /**
   * Takes up what an earlier process left in the folder, which is this cache's alone.
   *
   * @param bytesMax what all files together may hold
   * @throws StoreException if the folder cannot be used
   */
  public static StateCache in(Path folder, long bytesMax) throws StoreException {
    StateCache cache = new StateCache(folder, bytesMax);
    try {
      Files.createDirectories(folder);
      cache.takeUp();
    } catch (IOException | UncheckedIOException e) {
      throw new StoreException("The cache of states in " + folder + " cannot be used: " + e, e);
    }
    cache.thread.start();
    return cache;
  }

  private void takeUp() throws IOException {
    try (Stream<Path> files = Files.walk(folder, 2)) {
      List<Path> oldestFirst =
          files
              .filter(Files::isRegularFile)
              .sorted(Comparator.comparingLong(StateCache::age))
              .toList();
      for (Path file : oldestFirst) {
        if (file.toString().endsWith(HALF)) {
          Files.delete(file);
        } else {
          add(name(file), Files.size(file));
        }
      }
    }
    makeRoom();
  }

  private static String name(Path file) {
    Path name = file.getFileName();
    return name == null ? "" : name.toString();
  }

  private static long age(Path file) {
    try {
      return Files.getLastModifiedTime(file).toMillis();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Keeps a snapshot's bytes, unless too much waits to be written. Returns at once. */
  void keep(ByteString digest, ByteString snapshot) {
    String name = HexFormat.of().formatHex(digest.toByteArray());
    if (isThere(name) || snapshot.size() > bytesMax) {
      return;
    }
    if (waitingBytes.addAndGet(snapshot.size()) > WAITING_BYTES_MAX) {
      waitingBytes.addAndGet(-snapshot.size());
    } else {
      waiting.add(new Entry(name, snapshot));
    }
  }

  /** The bytes of this digest, or null if they are not here. */
  byte @Nullable [] find(ByteString digest) {
    byte[] wanted = digest.toByteArray();
    String name = HexFormat.of().formatHex(wanted);
    if (isThere(name)) {
      byte[] found = read(name);
      if (found != null && MessageDigest.isEqual(sha256().digest(found), wanted)) {
        hits.incrementAndGet();
        return found;
      }
      LOG.log(System.Logger.Level.WARNING, "{0} was damaged or is gone: the log is read", name);
      drop(name);
    }
    misses.incrementAndGet();
    return null;
  }

  private byte @Nullable [] read(String name) {
    try {
      return Files.readAllBytes(file(name));
    } catch (IOException e) {
      return null;
    }
  }

  /** How many snapshots were found here. */
  public long hits() {
    return hits.get();
  }

  /** How many were not. */
  public long misses() {
    return misses.get();
  }

  /** What all files together hold. */
  public synchronized long bytes() {
    return bytes;
  }

  private synchronized boolean isThere(String name) {
    return sizes.get(name) != null;
  }

  private synchronized void add(String name, long size) {
    Long before = sizes.put(name, size);
    bytes += size - (before == null ? 0 : before);
  }

  private synchronized void drop(String name) {
    Long size = sizes.remove(name);
    bytes -= size == null ? 0 : size;
    delete(name);
  }

  private synchronized void makeRoom() {
    Iterator<Map.Entry<String, Long>> oldestFirst = sizes.entrySet().iterator();
    while (bytes > bytesMax && oldestFirst.hasNext()) {
      Map.Entry<String, Long> oldest = oldestFirst.next();
      bytes -= oldest.getValue();
      delete(oldest.getKey());
      oldestFirst.remove();
    }
  }

  private void delete(String name) {
    try {
      Files.deleteIfExists(file(name));
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "a cached state stays", e);
    }
  }

  private Path file(String name) {
    return folder.resolve(name.substring(0, Math.min(2, name.length()))).resolve(name);
  }

  // ---- the thread

  @SuppressWarnings("ReferenceEquality") // LAST is one object, whatever it holds
  private void write() {
    try {
      for (Entry next = waiting.take(); !next.name().isEmpty(); next = waiting.take()) {
        write(next);
        waitingBytes.addAndGet(-next.bytes().size());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(Entry entry) {
    try {
      Path file = file(entry.name());
      Path half = file.resolveSibling(entry.name() + HALF);
      Files.createDirectories(folder.resolve(entry.name().substring(0, 2)));
      writeWhole(half, entry.bytes());
      Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
      add(entry.name(), entry.bytes().size());
      makeRoom();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "a state was not cached: {0}", e.toString());
    }
  }

  private static void writeWhole(Path file, ByteString bytes) throws IOException {
    try (FileChannel out = FileChannel.open(file, CREATE, WRITE, TRUNCATE_EXISTING)) {
      for (ByteBuffer part : bytes.asReadOnlyByteBufferList()) {
        while (part.hasRemaining()) {
          out.write(part);
        }
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256.", e);
    }
  }

  /** Writes what waits, and stops. */
  @Override
  public void close() {
    waiting.add(LAST);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
