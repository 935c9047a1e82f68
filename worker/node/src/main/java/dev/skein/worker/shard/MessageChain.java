package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import dev.skein.proto.ChatMessage;
import dev.skein.proto.Manifest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * A hash chain over the messages that a session has exchanged, one link a message, of which the
 * newest {@value #LINKS_MAX} are kept: link(n) = first 16 bytes of SHA-256(link(n-1), role, 0,
 * content without white space at its ends).
 */
final class MessageChain {

  private static final int LINKS_MAX = 256;
  private static final int LINK_BYTES = 16;

  private final List<ByteString> links = new ArrayList<>();
  private int count;

  void restore(Manifest manifest) {
    links.addAll(manifest.getMessageChainList());
    count = manifest.getHead().getMessages();
  }

  void write(Manifest.Builder manifest) {
    manifest.addAllMessageChain(links);
  }

  /** How many messages there were. */
  int count() {
    return count;
  }

  void add(String role, String content) {
    links.add(link(count == 0 ? ByteString.EMPTY : last(), role, content));
    count++;
    if (links.size() > LINKS_MAX) {
      links.removeFirst();
    }
  }

  /** After a rewind that cannot tell the older links nothing fits any more. */
  private ByteString last() {
    return links.isEmpty() ? ByteString.copyFromUtf8("unknown") : links.getLast();
  }

  /** The links as they were when there were so many. */
  List<ByteString> upTo(int messages) {
    return List.copyOf(links.subList(0, Math.max(0, links.size() - (count - messages))));
  }

  /** Goes back to when there were so many. */
  void truncate(int messages) {
    while (count > messages) {
      count--;
      if (!links.isEmpty()) {
        links.removeLast();
      }
    }
    count = messages;
  }

  /**
   * How many messages at the beginning of a conversation are those that this session exchanged: the
   * index of the first that differs, or is not in it.
   *
   * @param conversation the whole of it
   */
  int agreed(List<ChatMessage> conversation) {
    int oldest = count - links.size();
    ByteString link = ByteString.EMPTY;
    for (int i = 0; i < Math.min(count, conversation.size()); i++) {
      ChatMessage message = conversation.get(i);
      link = link(link, message.getRole(), message.getContent());
      if (i >= oldest && !link.equals(links.get(i - oldest))) {
        return i;
      }
    }
    return Math.min(count, conversation.size());
  }

  private static ByteString link(ByteString before, String role, String content) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(before.toByteArray());
      digest.update(role.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      digest.update(content.strip().getBytes(StandardCharsets.UTF_8));
      return ByteString.copyFrom(digest.digest(), 0, LINK_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
