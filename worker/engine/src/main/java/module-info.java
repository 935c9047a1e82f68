/** The batch loop of a replica; the only way to run generations, and to read given text. */
module dev.skein.engine {
  requires transitive dev.skein.model;
  requires static org.jspecify;

  exports dev.skein.engine;
  exports dev.skein.engine.prefix;
  exports dev.skein.engine.reading;
}
