package dev.skein.router.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.Manifest;
import dev.skein.proto.Slot;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SessionTableTest {
  private final SessionTable table = new SessionTable(3);

  private void put(String name, long bytes) {
    table.put(
        name, Manifest.newBuilder().addSlots(Slot.newBuilder().setBytes(bytes)).build(), 0, 1);
  }

  @Test
  void countsWhatEachTenantStores() {
    put("@a/x", 5);
    put("@a/y", 7);
    put("z", 100);
    put("@a/x", 6);
    assertThat(table.sessions("@a/")).isEqualTo(2);
    assertThat(table.stateBytes("@a/")).isEqualTo(13);
    assertThat(table.sessions("")).isEqualTo(1);
    table.put("@a/y", Manifest.newBuilder().setDeleted(true).build(), 0, 2);
    table.put("@a/y", null, 0, 3);
    assertThat(table.sessions("@a/")).isEqualTo(1);
    assertThat(table.stateBytes("@a/")).isEqualTo(6);
  }

  @Test
  void aTenantsPageEndsWithTheTenant() {
    put("@a/x", 1);
    put("@ab/x", 1);
    put("z", 1);
    SessionTable.Page page = table.page("@a/", "@a/", 10);
    assertThat(page.rows()).extracting(SessionRow::name).containsExactly("@a/x");
    assertThat(page.more()).isFalse();
    assertThat(table.page("", "", 2).more()).isTrue();
  }

  @Test
  void remembersWhatWasDeletedLast() {
    put("a", 1);
    assertThat(table.wasDeleted("a", 0)).isFalse();
    assertThat(table.wasDeleted("unheard of", 0)).isFalse();
    Manifest gone = Manifest.newBuilder().setDeleted(true).setNextTurn(2).build();
    table.put("a", gone, 0, 2);
    table.put("a", null, 0, 3);
    assertThat(table.wasDeleted("a", 0)).isTrue();
    table.put("a", Manifest.newBuilder().setFirstTurn(2).setNextTurn(3).build(), 0, 4);
    assertThat(table.wasDeleted("a", 1)).isTrue();
    assertThat(table.wasDeleted("a", 2)).isFalse();
    for (String name : new String[] {"b", "c", "d", "e"}) {
      table.put(name, gone, 0, 5);
    }
    assertThat(table.wasDeleted("e", 0)).isTrue();
    assertThat(table.wasDeleted("b", 0)).as("there is a limit").isFalse();
  }

  @Test
  void hasALimitAndSaysSo() {
    put("a", 1);
    put("b", 1);
    put("c", 1);
    assertThat(table.complete()).isTrue();
    put("b", 2);
    assertThat(table.complete()).as("a known one takes no room").isTrue();
    put("d", 1);
    assertThat(table.complete()).isFalse();
    assertThat(table.find("d")).isNull();
    assertThat(Objects.requireNonNull(table.find("b")).stateBytes()).isEqualTo(2);
  }

  @Test
  void ofThoseBeyondTheLimitTheirPlacesAreKnown() {
    for (String name : List.of("a", "b", "c", "d")) {
      put(name, 1);
    }
    table.put("e", Manifest.newBuilder().setNextTurn(1).build(), 0, 8);
    table.put("e", Manifest.newBuilder().setNextTurn(2).build(), 0, 9);
    assertThat(table.offsetBeyond("e")).isEqualTo(9);
    assertThat(table.knows("e")).isTrue();
    assertThat(table.offsetBeyond("nobody")).isEqualTo(-1);
    assertThat(table.knows("nobody")).isFalse();
    table.put("e", null, 0, 10);
    assertThat(table.knows("e")).isFalse();
    assertThat(table.offsetBeyond("e")).isEqualTo(-1);
  }

  @Test
  void whatFoundRoomLaterAndIsDeletedIsGone() {
    for (String name : List.of("a", "b", "c", "d")) {
      put(name, 1);
    }
    table.put("a", null, 0, 5);
    put("d", 2);
    assertThat(table.find("d")).isNotNull();
    table.put("d", Manifest.newBuilder().setDeleted(true).build(), 0, 6);
    assertThat(table.knows("d")).isFalse();
    assertThat(table.offsetBeyond("d")).as("an older manifest").isEqualTo(-1);
  }
}
