package dev.skein.router.sessions;

import dev.skein.router.admission.Census;
import dev.skein.router.sessions.Pool.Found;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The pools that are meant: all that a router serves, or the one that a client names. The first one
 * is that of whoever names neither a pool nor a model; and where two have sessions of one name, it
 * has the one that is meant.
 */
public final class Pools implements Census {
  private final List<Pool> pools;

  /**
   * A part of the list of all sessions.
   *
   * @param more whether there are sessions behind it
   * @param complete whether every stored session is in the list
   */
  public record Page(List<Entry> entries, boolean more, boolean complete) {}

  /** A line of the list. */
  public record Entry(Pool pool, SessionRow row) {}

  /**
   * @param pools none where nobody asks for sessions
   */
  public Pools(List<Pool> pools) {
    this.pools = List.copyOf(pools);
  }

  /** All of them, the first one first. */
  public List<Pool> all() {
    return pools;
  }

  /** Where goes what says nothing of where it goes. */
  public Pool first() {
    return pools.getFirst();
  }

  /** Whether there is nothing to choose. */
  public boolean isOne() {
    return pools.size() == 1;
  }

  /** The pool of this name alone, or all where none is named; null if it is not among them. */
  public @Nullable Pools named(@Nullable String name) {
    if (name == null || name.isEmpty()) {
      return this;
    }
    List<Pool> fitting = pools.stream().filter(pool -> pool.name().equals(name)).toList();
    return fitting.isEmpty() ? null : new Pools(fitting);
  }

  /**
   * What an id has to say of its pool so that any router of these pools finds it: "" if there is
   * one.
   */
  public String mark(String pool) {
    return isOne() ? "" : pool;
  }

  /**
   * The session of this name on the bus in the first pool that has it, null if none has. All that
   * was written before is known.
   */
  public CompletionStage<@Nullable Found> find(String session) {
    CompletionStage<@Nullable Found> found = CompletableFuture.completedStage(null);
    for (Pool pool : pools) {
      CompletionStage<SessionTable> known = pool.sessions().known();
      found =
          found.thenCompose(before ->
              before == null
                  ? pool.find(session, known)
                  : CompletableFuture.<@Nullable Found>completedStage(before));
    }
    return found;
  }

  /**
   * The first pool that has a session, else the first that had it, else the first of all. Nothing
   * is read where there is one.
   */
  public CompletionStage<Pool> of(String session) {
    return isOne()
        ? CompletableFuture.completedStage(first())
        : find(session).thenApply(found -> found == null ? had(session, null) : found.pool());
  }

  /**
   * The first pool that has or had a session: what ends it there, said again, must not reach a
   * session of the same name behind it.
   */
  public CompletionStage<Pool> ever(String session) {
    return of(session).thenApply(has -> had(session, has));
  }

  private Pool had(String session, @Nullable Pool atLast) {
    for (Pool pool : pools) {
      if (pool.equals(atLast) || pool.sessions().table().wasDeleted(session, 0)) {
        return pool;
      }
    }
    return first();
  }

  /**
   * Sessions in the order of their names. Those of one name stand on one page, which may be longer
   * for it.
   *
   * @param prefix what their names begin with
   * @param after the name that the page before ended with; the prefix itself for the first one
   */
  public CompletionStage<Page> page(String prefix, String after, int limit) {
    CompletionStage<Page> page = CompletableFuture.completedStage(new Page(List.of(), false, true));
    for (Pool pool : pools) {
      page =
          page.thenCombine(
              pool.sessions().current(),
              (before, table) -> {
                SessionTable.Page own = table.page(prefix, after, limit);
                List<Entry> all = new ArrayList<>(before.entries());
                own.rows().forEach(row -> all.add(new Entry(pool, row)));
                return new Page(
                    all, before.more() || own.more(), before.complete() && table.complete());
              });
    }
    return page.thenApply(all -> cut(all, limit));
  }

  /** The sort is stable: of one name, that of the first pool comes first. */
  private static Page cut(Page all, int limit) {
    List<Entry> sorted = new ArrayList<>(all.entries());
    sorted.sort(Comparator.comparing(entry -> entry.row().name()));
    int end = Math.min(limit, sorted.size());
    while (end > 0
        && end < sorted.size()
        && sorted.get(end).row().name().equals(sorted.get(end - 1).row().name())) {
      end++;
    }
    return new Page(
        List.copyOf(sorted.subList(0, end)), all.more() || end < sorted.size(), all.complete());
  }

  @Override
  public boolean knows(String pool, String session) {
    return pools.stream()
        .anyMatch(one -> one.name().equals(pool) && one.sessions().table().knows(session));
  }

  @Override
  public long sessions(String prefix) {
    return pools.stream().mapToLong(pool -> pool.sessions().table().sessions(prefix)).sum();
  }

  @Override
  public long stateBytes(String prefix) {
    return pools.stream().mapToLong(pool -> pool.sessions().table().stateBytes(prefix)).sum();
  }
}
