/**
 * The subcommands of {@code skein model} that get models: {@code list}, {@code suggest}, {@code
 * pull}, {@code import} and {@code remove}. Each says on standard output what a program may read
 * (with {@code --json} as one line of JSON) and everything else on standard error; the work is done
 * by the rooms {@code catalogue}, {@code hub} and {@code cache}.
 */
@NullMarked
package dev.skein.cli.models;

import org.jspecify.annotations.NullMarked;
