package dev.skein.cli.role;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.cli.role.PoolOptions.Pool;
import dev.skein.proto.Topics;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class PoolOptionsTest {

  @Command
  static final class Line {
    @Mixin PoolOptions given;
  }

  private static List<Pool> pools(List<String> models, String... arguments) {
    Line line = new Line();
    new CommandLine(line).parseArgs(arguments);
    return line.given.pools(models);
  }

  private static Pool pool(String name, int shards, String... models) {
    return new Pool(new Topics(name), shards, List.of(models));
  }

  private static void refused(String sentence, List<String> models, String... arguments) {
    assertThatThrownBy(() -> pools(models, arguments)).hasMessage(sentence);
  }

  @Test
  void onePoolIsAsItWas() {
    assertThat(pools(List.of())).containsExactly(pool("main", 16));
    assertThat(pools(List.of("a", "x=b"), "--pool", "owls", "--shards", "4"))
        .containsExactly(pool("owls", 4, "a", "x=b"));
  }

  @Test
  void severalNameTheirModelsOrGetThoseOfAll() {
    assertThat(
            pools(List.of(), "--pool", "owls=owl=/m/a.pth,g1:0.1b", "--pool", "larks=hf://o/r/f"))
        .containsExactly(
            pool("owls", 16, "owl=/m/a.pth", "g1:0.1b"), pool("larks", 16, "hf://o/r/f"));
    assertThat(pools(List.of("m"), "--pool", "owls", "--pool", "larks", "--pool", "jays=j"))
        .containsExactly(pool("owls", 16, "m"), pool("larks", 16, "m"), pool("jays", 16, "j"));
  }

  @Test
  void eachHasItsShards() {
    String[] line = {"--pool=owls=a", "--pool=larks=b", "--shards=4", "--shards=larks=8"};
    assertThat(pools(List.of(), line)).containsExactly(pool("owls", 4, "a"), pool("larks", 8, "b"));
    refused(
        "--shards jays=8 is of no pool that is served here.",
        List.of(),
        "--pool=owls",
        "--shards=jays=8");
    refused("--shards is given twice for the same pools.", List.of(), "--shards=4", "--shards=8");
    assertThatThrownBy(() -> pools(List.of(), "--shards=many"))
        .hasMessageContaining("'many' is not a number of shards");
  }

  @Test
  void whatIsMeantMustBeClear() {
    refused(
        "--pool owls is given twice; name each pool once.",
        List.of(),
        "--pool=owls=a",
        "--pool=owls=b");
    refused(
        "Pool larks has no model: give it one with --pool larks=MODEL, or --model to all that name none.",
        List.of(),
        "--pool=owls=a",
        "--pool=larks");
    refused(
        "--model is for pools that name no model of their own, and all of these do.",
        List.of("m"),
        "--pool=owls=a");
    refused("--pool owls=a,,b names a model that is empty.", List.of(), "--pool=owls=a,,b");
    refused("--pool owls= names a model that is empty.", List.of(), "--pool=owls=");
    assertThatThrownBy(() -> pools(List.of(), "--pool=Owls=a")).hasMessageContaining("lower-case");
  }
}
