package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An engine may serve several pools: it must not take a tenant of one for a tenant of another. */
class TenantsTest {

  private static String tenantOf(String pool, String tenant) {
    LoneShard shard = new LoneShard(new HashMap<>(), ToyModel.servedIn(pool), Upgrade.ADOPT);
    shard.ask("ann", "{\"prompt\":\"a\",\"tenant\":\"%s\"}".formatted(tenant));
    shard.on(new ShardEvent.StartAcknowledged("ann", 0, 41));
    return shard.started().generation().tenant();
  }

  @Test
  void thoseOfTwoPoolsAreNeverTheSame() {
    assertThat(
            List.of(
                tenantOf("owls", "acme"),
                tenantOf("larks", "acme"),
                tenantOf("owls", ""),
                tenantOf("larks", ""),
                tenantOf("larks", "owls/acme")))
        .doesNotHaveDuplicates();
    assertThat(tenantOf("owls", "acme")).isEqualTo(tenantOf("owls", "acme"));
  }
}
