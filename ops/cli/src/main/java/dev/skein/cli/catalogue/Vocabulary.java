package dev.skein.cli.catalogue;

import java.util.List;

/**
 * A vocabulary that published models share.
 *
 * @param name short name: world or neox
 * @param type of tokenizer, as a model's configuration says it
 * @param file what the file is called
 * @param bytes its length
 * @param sha256 its digest: whatever the source, only these bytes will do
 * @param sources addresses to try, in this order
 */
public record Vocabulary(
    String name, String type, String file, long bytes, String sha256, List<String> sources) {}
