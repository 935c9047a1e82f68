package dev.skein.worker.shard;

import com.google.protobuf.ByteString;
import dev.skein.proto.ChatMessage;
import dev.skein.proto.Manifest;
import dev.skein.proto.TurnRef;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
    links.add(link(last(), role, content));
    count++;
    if (links.size() > LINKS_MAX) {
      links.removeFirst();
    }
  }

  /** The newest link; empty if there was no message. */
  ByteString last() {
    return links.isEmpty() ? ByteString.EMPTY : links.getLast();
  }

  /** The links as they were at the end of a turn. */
  List<ByteString> at(@Nullable TurnRef end) {
    MessageChain then = new MessageChain();
    then.links.addAll(links);
    then.count = count;
    then.goTo(end);
    return then.links;
  }

  /** Goes to the end of a turn; of another branch only the newest link is known. */
  void goTo(@Nullable TurnRef end) {
    int messages = end == null ? 0 : end.getMessages();
    ByteString link = end == null ? ByteString.EMPTY : end.getMessageLink();
    int newest = messages - 1 - (count - links.size());
    boolean isKnown = newest >= 0 && newest < links.size() && links.get(newest).equals(link);
    if (isKnown) {
      links.subList(newest + 1, links.size()).clear();
    } else {
      links.clear();
      if (messages > 0) {
        links.add(link);
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
