package dev.skein.client;

import java.util.List;

/**
 * What was said in one turn of a session.
 *
 * @param messages as asked; empty if the turn was asked for with plain text
 * @param prompt the plain text; empty if there were messages
 * @param text what the model answered
 */
public record SessionTurn(
    long turn,
    String requestId,
    List<Message> messages,
    String prompt,
    String text,
    String finishReason) {}
