/**
 * {@code skein session …}: what a running router knows of sessions, and changes of them. {@link
 * dev.skein.cli.session.SessionClient} speaks to {@code /v1/sessions}; each command is one call of
 * it and one way to show the answer.
 */
@NullMarked
package dev.skein.cli.session;

import org.jspecify.annotations.NullMarked;
