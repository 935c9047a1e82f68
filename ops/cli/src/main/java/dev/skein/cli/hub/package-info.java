/**
 * Files from a model hub. {@link dev.skein.cli.hub.HubAddress} says where a file is, {@link
 * dev.skein.cli.hub.Listing} what a repository holds, and {@link dev.skein.cli.hub.Download} brings
 * a file to disk: resumed, checked against what the hub declares, and there under its name only
 * when it is whole. The room trusts no server: a redirect gets no token, a length or digest that
 * does not fit is refused, and nothing waits for ever. What can go wrong comes out as a {@link
 * dev.skein.cli.web.HubException} whose message is one sentence.
 */
@NullMarked
package dev.skein.cli.hub;

import org.jspecify.annotations.NullMarked;
