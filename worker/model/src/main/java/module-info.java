/** Weight files, tokenizers, RWKV blocks, sampling: what a replica is made of. */
module dev.skein.model {
  requires transitive dev.skein.kernels;
  requires ai.djl.tokenizers;
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.databind;
  requires static org.jspecify;

  exports dev.skein.model;
  exports dev.skein.model.adapter;
  exports dev.skein.model.bundle;
  exports dev.skein.model.dialect;
  exports dev.skein.model.file;
  exports dev.skein.model.grammar;
  exports dev.skein.model.packed;
  exports dev.skein.model.random;
  exports dev.skein.model.sampling;
  exports dev.skein.model.start;
  exports dev.skein.model.text;
}
