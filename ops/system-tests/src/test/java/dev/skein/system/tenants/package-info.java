/** Tenants of one Skein, and what they can find out about each other: nothing. */
@NullMarked
package dev.skein.system.tenants;

import org.jspecify.annotations.NullMarked;
