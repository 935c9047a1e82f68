/**
 * The published models that Skein knows by short names such as {@code g1:0.4b}: where they are,
 * which files belong to them, and how they are talked to. Everything stands in {@code
 * catalogue.json} beside this room, the only place that knows the public address of a hub; {@link
 * dev.skein.cli.catalogue.Catalogue} reads it. {@link dev.skein.cli.catalogue.Suggestions} says
 * what a machine can run, from its memory and how fast it reads it.
 */
@NullMarked
package dev.skein.cli.catalogue;

import org.jspecify.annotations.NullMarked;
