package dev.skein.cli.cluster;

import dev.skein.cli.cluster.MemberBoard.Beat;
import dev.skein.cli.cluster.MemberBoard.Standing;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The way of a node into the cluster. It goes in only where it reaches every member: two members
 * that do not hear each other are both taken for dead, and would come back only to fall again, for
 * as long as the network between them is broken. A member that cannot be reached is waited for, not
 * passed over, so that a node which is cut off founds no cluster of its own either.
 *
 * <p>Of two that do not reach each other at most one goes in, however they race: a node says that
 * it is joining before it looks a last time, and goes only if nobody whom it does not reach has
 * said so or is in. Of two that have both said it the one with the greater address steps back.
 */
final class Entrance {

  /** What to do next. */
  sealed interface Step {
    /** Look again after a while: this node is not reached, and it is or goes in. */
    record Wait(String node) implements Step {}

    /** Say that this node is joining, and look again. */
    record Announce() implements Step {}

    /** Ask this member to be let in, and be patient. */
    record Ask(Beat member) implements Step {}

    /** Nobody is there, or nobody lets it in: found a cluster. */
    record Found() implements Step {}
  }

  private final String self;
  private final Function<String, Contact> contacts;
  private final Set<String> tried = new HashSet<>();
  private boolean joining;
  private boolean asked;

  /**
   * At the door.
   *
   * @param self {@code host:port} of this node
   * @param contacts what becomes of a connection to another one
   */
  Entrance(String self, Function<String, Contact> contacts) {
    this.self = self;
    this.contacts = contacts;
  }

  /** What the board is to say of this node. */
  Standing standing() {
    return joining ? Standing.JOINING : Standing.ALONE;
  }

  /** What to do after the board was told {@link #standing} and has shown this. */
  Step next(List<Beat> nodes) {
    List<Beat> near = new ArrayList<>();
    List<Beat> far = new ArrayList<>();
    for (Beat beat : nodes) {
      if (beat.standing() != Standing.ALONE) {
        switch (contacts.apply(beat.address())) {
          case ANSWERS -> near.add(beat);
          case SILENT -> far.add(beat);
          case REFUSES -> {
            // Its process is dead, and its word will fade.
          }
        }
      }
    }
    Optional<Beat> first = far.stream().filter(this::goesFirst).findFirst();
    if (first.isPresent()) {
      joining = asked; // whoever has asked may still be let in
      return new Step.Wait(first.get().address());
    }
    if (!joining) {
      joining = true;
      return new Step.Announce();
    }
    return far.isEmpty() ? enter(near) : new Step.Wait(far.getFirst().address());
  }

  private boolean goesFirst(Beat far) {
    return far.standing() == Standing.MEMBER || far.address().compareTo(self) < 0;
  }

  private Step enter(List<Beat> near) {
    asked = true;
    Optional<Beat> next =
        near.stream()
            .filter(beat -> beat.standing() == Standing.MEMBER && !tried.contains(beat.address()))
            .max(Comparator.comparingLong(Beat::generation));
    next.ifPresent(beat -> tried.add(beat.address()));
    return next.<Step>map(Step.Ask::new).orElseGet(this::found);
  }

  private Step found() {
    tried.clear();
    return new Step.Found();
  }
}
