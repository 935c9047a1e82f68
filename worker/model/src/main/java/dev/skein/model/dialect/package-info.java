/**
 * From the tensor names, shapes and transforms of other formats to BlinkDL's, which is all that the
 * rest of the house knows: {@link dev.skein.model.dialect.ModelFiles#open} opens whatever a user
 * has and presents it as if it were an original file. Values are transformed when they are read,
 * never copied before.
 */
@NullMarked
package dev.skein.model.dialect;

import org.jspecify.annotations.NullMarked;
