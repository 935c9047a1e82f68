package dev.skein.simulation;

import dev.skein.proto.Shards;
import dev.skein.proto.Wire;
import dev.skein.store.InMemoryCluster;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What the clients of one life ask, and how badly their producers behave. */
final class Workload {

  private static final List<String> SESSIONS =
      List.of("ann", "bob", "cyd", "dan", "eve", "fay", "gus");

  /** Where operations are asked for sessions are few, so that much happens to each. */
  private static final List<String> FEW = List.of("ann", "bob", "cyd", "dan");

  private static final String QUIET = "hal";

  /** In place of a request: this session is to be exported, to come in under another name. */
  private static final String EXPORT = "export ";

  /** A record to be produced. */
  private record Asked(String session, String requestId, String json, boolean keyed) {}

  /** A client's request that goes by routers, and how many it has asked by now. */
  private static final class Routed {
    private final Asked asked;
    private int routers;

    Routed(Asked asked) {
      this.asked = asked;
    }

    String router() {
      return "router " + routers;
    }
  }

  private final World world;
  private final List<Asked> script = new ArrayList<>();
  private final Map<String, Integer> poison = new HashMap<>();
  private final Set<String> cancelled = new TreeSet<>();
  private final List<Asked> produced = new ArrayList<>();
  private final List<Routed> routed = new ArrayList<>();
  private final Exports exports;
  private int next;

  Workload(World world, InMemoryCluster cluster) {
    this.world = world;
    this.exports = new Exports(world, cluster);
    int turns = 8 + world.below(world.scenario().has(Scenario.CROWDS) ? 24 : 12);
    boolean operates = world.scenario().has(Scenario.OPERATIONS);
    for (int i = 0; i < (operates ? 2 * turns : turns); i++) {
      if (operates && world.chance(0.08)) {
        move(i);
      } else {
        script.add(operates && world.chance(0.37) ? operation(i) : turn(i));
      }
    }
    if (operates) {
      forkOfAQuietSession();
    }
    if (world.scenario().has(Scenario.POISON)) {
      int at = world.below(script.size());
      script.add(at, poisonous(script.size(), world.below(6)));
    }
  }

  /** Nobody asks anything of the parent afterwards: whoever owns it must think of it by itself. */
  private void forkOfAQuietSession() {
    int fork = 1 + world.below(script.size() / 2);
    script.add(
        fork,
        new Asked(
            QUIET,
            "quiet-fork",
            "{\"request_id\":\"quiet-fork\",\"tenant\":\"#quiet fork \",\"kind\":\"fork\",\"target\":\"%s\""
                .formatted(elsewhere()),
            true));
    script.add(
        world.below(fork),
        new Asked(
            QUIET,
            "quiet",
            "{\"request_id\":\"quiet\",\"prompt\":\"#quiet hello\",\"max_tokens\":5",
            true));
  }

  /** A session that does not live in the shard of the quiet one. */
  private String elsewhere() {
    int i = 0;
    while (homeOf(QUIET + i) == homeOf(QUIET)) {
      i++;
    }
    return QUIET + i;
  }

  /** A session comes in under the name of another one, for which mostly room is made. */
  private void move(int i) {
    String to = someSession();
    if (world.chance(0.7)) {
      String id = "d" + i;
      String json =
          "{\"request_id\":\"%s\",\"tenant\":\"#%s \",\"kind\":\"delete\"".formatted(id, id);
      script.add(new Asked(to, id, json, true));
    }
    script.add(new Asked(to, "i" + i, EXPORT + someSession(), true));
  }

  /** A client that goes back, goes on elsewhere, or begins anew. */
  private Asked operation(int i) {
    String session = someSession();
    String id = "o" + i;
    String json = "{\"request_id\":\"%s\",\"tenant\":\"#%d \"".formatted(id, i);
    int turn = world.below(6);
    String rest =
        switch (world.below(8)) {
          case 0, 1 -> ",\"kind\":\"rewind\",\"parent_turn\":" + turn;
          case 2 -> ",\"kind\":\"delete\"";
          case 3 ->
              ",\"kind\":\"fork\",\"target\":\"%s\",\"parent_turn\":%d"
                  .formatted(someSession(), turn);
          case 4, 5 -> ",\"kind\":\"fork\",\"target\":\"%s\"".formatted(someSession());
          default ->
              ",\"prompt\":\"#%d again\",\"max_tokens\":9,\"parent_turn\":%d".formatted(i, turn);
        };
    return new Asked(session, id, json + rest, true);
  }

  private String someSession() {
    List<String> sessions = world.scenario().has(Scenario.OPERATIONS) ? FEW : SESSIONS;
    return sessions.get(world.below(sessions.size()));
  }

  private Asked turn(int i) {
    String session = i % 6 == 5 ? "" : someSession();
    StringBuilder json = new StringBuilder("{");
    String id = world.chance(0.6) ? "r" + i : "";
    if (!id.isEmpty()) {
      json.append("\"request_id\":\"").append(id).append("\",");
    }
    String text = "#%d %s".formatted(i, "tell me more of it ".repeat(world.chance(0.2) ? 5 : 1));
    if (world.chance(0.3) && !session.isEmpty()) {
      json.append("\"messages\":[{\"role\":\"user\",\"content\":\"").append(text).append("\"}]");
    } else {
      json.append("\"prompt\":\"").append(text).append("\"");
    }
    if (world.chance(0.12) && !session.isEmpty()) {
      json.append(",\"kind\":\"extend\"");
    } else {
      boolean isLong = world.chance(world.scenario().has(Scenario.CROWDS) ? 0.3 : 0.15);
      json.append(",\"max_tokens\":").append(isLong ? 60 + world.below(60) : 1 + world.below(24));
    }
    if (world.chance(0.3)) {
      json.append(",\"stop\":[\"ab\",\"éc\",\"cdea\"]");
    }
    if (world.chance(0.3)) {
      json.append(",\"seed\":").append(world.below(1000));
    }
    if (world.scenario().has(Scenario.CANCELS) && world.chance(0.2)) {
      json.append(",\"deadline_ms\":").append(200 + world.below(4000));
    }
    return new Asked(session, id, json.toString(), true);
  }

  private Asked poisonous(int i, int kills) {
    String id = "poison" + i;
    poison.put(id, kills);
    String json =
        "{\"request_id\":\"%s\",\"prompt\":\"#%d deadly\",\"ignore_end_of_text\":true,\"max_tokens\":20"
            .formatted(id, i);
    return new Asked(SESSIONS.get(world.below(SESSIONS.size())), id, json, true);
  }

  boolean isDone() {
    return next == script.size() && exports.areDone();
  }

  /** The turn has drawn as many tokens as it takes to kill its worker. */
  boolean isPoisoned(Task task) {
    Integer kills = poison.get(task.requestId());
    return kills != null && task.run().drawn() >= kills;
  }

  boolean isPoison(String requestId) {
    return poison.containsKey(requestId);
  }

  Set<String> poisonous() {
    return poison.keySet();
  }

  Exports exports() {
    return exports;
  }

  boolean wasCancelled(String requestId) {
    return cancelled.contains(requestId);
  }

  /** Produces the next record, perhaps badly. */
  void produce() {
    if (isDone()) {
      return;
    }
    if (!exports.areDone() && (next == script.size() || world.chance(0.6))) {
      exports.goOn();
      return;
    }
    Asked asked = script.get(next++);
    if (asked.json().startsWith(EXPORT)) {
      exports.begin(asked.json().substring(EXPORT.length()), asked.session(), asked.requestId());
      produced.add(asked);
      return;
    }
    if (isNamed(asked) && world.chance(0.4)) {
      Routed turn = new Routed(asked);
      routed.add(turn);
      produced.add(asked);
      ask(turn);
      return;
    }
    boolean careless = world.scenario().has(Scenario.DUPLICATES);
    boolean keyed = !careless || world.chance(0.7);
    Asked record = new Asked(asked.session(), asked.requestId(), asked.json(), keyed);
    send(record, careless && world.chance(0.3));
    produced.add(record);
    if (careless && isNamed(asked) && world.chance(0.3)) {
      send(record, world.chance(0.3));
    }
    if (careless && world.chance(0.1)) {
      garbage(asked.session());
    }
  }

  /** Only the turns of a session that lasts are known by their request. */
  private static boolean isNamed(Asked asked) {
    return !asked.requestId().isEmpty() && !asked.session().isEmpty();
  }

  private void send(Asked asked, boolean misplaced) {
    String session = asked.session();
    boolean keyed = asked.keyed() && !session.isEmpty();
    String named = keyed || session.isEmpty() ? "" : ",\"session\":\"" + session + "\"";
    byte[] value = (asked.json() + named + "}").getBytes(StandardCharsets.UTF_8);
    byte[] key = keyed ? session.getBytes(StandardCharsets.UTF_8) : null;
    int home = session.isEmpty() ? world.below(world.shards()) : homeOf(session);
    int to = misplaced && !session.isEmpty() ? (home + 1) % world.shards() : home;
    world.request(to, key, value, Map.of(Wire.CONTENT_TYPE, Wire.JSON));
  }

  /** Routers know where a session lives, and name themselves. */
  private void ask(Routed turn) {
    turn.routers++;
    Asked asked = turn.asked;
    byte[] value = (asked.json() + "}").getBytes(StandardCharsets.UTF_8);
    byte[] key = asked.session().getBytes(StandardCharsets.UTF_8);
    Map<String, String> headers = Map.of(Wire.CONTENT_TYPE, Wire.JSON, Wire.PUSH, turn.router());
    world.request(homeOf(asked.session()), key, value, headers);
  }

  /**
   * A client leaves its router, and mostly asks another one for the same turn before the first says
   * so.
   */
  void goElsewhere() {
    if (routed.isEmpty()) {
      return;
    }
    Routed turn = routed.get(world.below(routed.size()));
    Asked asked = turn.asked;
    if (isPoison(asked.requestId())) {
      return;
    }
    String left = turn.router();
    if (world.chance(0.8)) {
      ask(turn);
    } else {
      cancelled.add(asked.requestId());
    }
    world.cancel(homeOf(asked.session()), asked.session(), asked.requestId(), left);
  }

  /** A router that was refused does not wait; whoever left another may end the turn. */
  void refused(String requestId) {
    cancelled.add(requestId);
  }

  private void garbage(String session) {
    byte[] key = session.isEmpty() ? null : session.getBytes(StandardCharsets.UTF_8);
    int to = session.isEmpty() ? 0 : homeOf(session);
    byte[] value = "{\"prompt\": 12}".getBytes(StandardCharsets.UTF_8);
    world.request(to, key, value, Map.of(Wire.CONTENT_TYPE, Wire.JSON));
  }

  /** Cancels something that was asked, or will be. */
  void cancel() {
    List<Asked> among = world.chance(0.2) ? script : produced;
    if (among.isEmpty()) {
      return;
    }
    Asked asked = among.get(world.below(among.size()));
    if (!asked.requestId().isEmpty()
        && !asked.session().isEmpty()
        && !isPoison(asked.requestId())) {
      cancelled.add(asked.requestId());
      world.cancel(homeOf(asked.session()), asked.session(), asked.requestId(), "");
    }
  }

  private int homeOf(String session) {
    return Shards.of(session, world.shards());
  }
}
