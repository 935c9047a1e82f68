package dev.skein.cli.role;

import dev.skein.cli.engine.ModelOptions;
import dev.skein.engine.Engine;
import dev.skein.engine.EngineOptions;
import dev.skein.model.Model;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The models of a pool in this process, warm, each with its batch loop. They outlive a life. */
final class Replicas implements AutoCloseable {
  private static final int WARM_UP = 150;

  private final List<Model> models;
  private final List<Engine> engines = new ArrayList<>();

  private Replicas(List<Model> models) {
    this.models = models;
  }

  static Replicas load(ModelOptions options, int stepsPerSecond, PrintWriter err)
      throws IOException {
    Replicas replicas = new Replicas(options.openModels(err));
    EngineOptions limits = EngineOptions.defaults().withStepsPerSecond(stepsPerSecond);
    for (Model model : replicas.models) {
      model.rwkv().warmUp(WARM_UP);
      replicas.engines.add(Engine.start(model, limits));
    }
    return replicas;
  }

  /** The pool's default model first. */
  List<Engine> engines() {
    return List.copyOf(engines);
  }

  /** Separated by commas. */
  String names() {
    return models.stream().map(Model::name).collect(Collectors.joining(","));
  }

  String backend() {
    return models.getFirst().rwkv().backend();
  }

  @Override
  public void close() {
    engines.forEach(Engine::close);
    models.forEach(Model::close);
  }
}
