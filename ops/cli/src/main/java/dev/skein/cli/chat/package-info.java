/**
 * {@code skein chat}: a conversation in the terminal with a running router, over the same HTTP API
 * that everybody else uses. Only what is new is ever sent: the session remembers the rest. {@link
 * dev.skein.cli.chat.ChatCommand} is the command, {@link dev.skein.cli.chat.Talk} the conversation,
 * {@link dev.skein.cli.chat.Lines} where the words come from.
 */
@NullMarked
package dev.skein.cli.chat;

import org.jspecify.annotations.NullMarked;
