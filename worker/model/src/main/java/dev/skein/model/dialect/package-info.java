/**
 * From the tensor names, shapes and transforms of other formats to BlinkDL's, which is all that the
 * rest of the house knows: {@link dev.skein.model.dialect.ModelFiles#open} opens whatever a user
 * has and presents it as if it were an original file. A {@code Dialect} is a table of {@code Rule}s
 * (our name, their name, the transforms between), so that it can be read beside the publisher's
 * converter, and so that a test can drop each transform in turn and see that it is missed. Values
 * are transformed when they are read, never copied before.
 */
@NullMarked
package dev.skein.model.dialect;

import org.jspecify.annotations.NullMarked;
