package dev.skein.model.text;

/** A message of a chat: its role is system, developer, user, assistant or tool. */
public record ChatMessage(String role, String content) {}
