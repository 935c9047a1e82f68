package dev.skein.worker;

import dev.skein.engine.Engine;
import dev.skein.engine.SessionState;
import dev.skein.model.Model;
import dev.skein.proto.Fingerprint;
import dev.skein.proto.ModelCard;
import dev.skein.worker.owner.Replicas;
import dev.skein.worker.shard.NamedState;
import dev.skein.worker.shard.ServedModel;
import dev.skein.worker.shard.ServedModels;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Describes loaded models: to the session protocol, and to routers. */
final class ModelDescriptions {

  private ModelDescriptions() {}

  static Replicas replicas(List<Replica> replicas, String pool) {
    Map<String, Engine> byName = new HashMap<>();
    for (Replica replica : replicas) {
      if (byName.put(replica.name(), replica.engine()) != null) {
        throw new IllegalArgumentException(
            "two models are named %s; give one another name with --model NAME=…"
                .formatted(replica.name()));
      }
    }
    List<ServedModel> models = replicas.stream().map(replica -> served(replica, pool)).toList();
    return new Replicas(new ServedModels(models), byName);
  }

  static ModelCard card(Replica replica, WorkerOptions options) {
    Model model = replica.engine().model();
    return ModelCard.newBuilder()
        .setName(replica.name())
        .setPool(options.topics().pool())
        .setShards(options.shards())
        .setFingerprint(fingerprint(model))
        .setArchitecture(architecture(model))
        .setVocabulary(model.rwkv().config().vocabulary())
        .setContextTrained(model.contextTrained())
        .setStateBytes(model.rwkv().stateLayout().bytes())
        .setThinks(model.template().thinks())
        .setCreatedSeconds(Instant.now().getEpochSecond())
        .setQuantization(model.rwkv().quantization().name().toLowerCase(Locale.ROOT))
        .build();
  }

  private static ServedModel served(Replica replica, String pool) {
    Model model = replica.engine().model();
    Map<String, NamedState> starts = new HashMap<>();
    model
        .startStates()
        .forEach((name, floats) -> starts.put(name, NamedState.of(name, SessionState.of(floats))));
    return new ServedModel(
        replica.name(),
        pool,
        model.tokenizer(),
        model.template(),
        model.defaults(),
        fingerprint(model),
        architecture(model),
        model.rwkv().config().vocabulary(),
        starts);
  }

  private static Fingerprint fingerprint(Model model) {
    return Fingerprint.newBuilder()
        .setModel(model.modelFingerprint())
        .setArithmetic(model.arithmeticFingerprint())
        .build();
  }

  private static String architecture(Model model) {
    return model.rwkv().config().architecture().name();
  }
}
