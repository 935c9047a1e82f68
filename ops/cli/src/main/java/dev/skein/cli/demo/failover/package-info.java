/**
 * {@code skein demo failover}: a small cluster of real processes ({@link
 * dev.skein.cli.demo.failover.RoleProcess}), a story that streams through its router ({@link
 * dev.skein.cli.demo.failover.StoryStream}), and the death of the worker that tells it. {@link
 * dev.skein.cli.demo.failover.FailoverCommand} fails unless the client gets the very text that the
 * engine alone writes.
 */
@NullMarked
package dev.skein.cli.demo.failover;

import org.jspecify.annotations.NullMarked;
