/** Answers that must have a form: JSON schemas and regular expressions by chance. */
@NullMarked
package dev.skein.system.forms;

import org.jspecify.annotations.NullMarked;
