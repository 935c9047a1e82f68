/**
 * Careful HTTP: one attempt at a time, with limits on everything. {@link
 * dev.skein.cli.web.HubClient} follows redirects itself, so that the token goes to the hub alone;
 * {@link dev.skein.cli.web.Arrivals} reads a body whose next bytes are waited for a limited time;
 * {@link dev.skein.cli.web.Retries} counts attempts and waits between them; and {@link
 * dev.skein.cli.web.Refusals} puts into one sentence what a server means that gives nothing. What
 * is fetched, and what becomes of it, is the business of the room {@code hub}.
 */
@NullMarked
package dev.skein.cli.web;

import org.jspecify.annotations.NullMarked;
