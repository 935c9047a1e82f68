package dev.skein.model.grammar;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A position as bytes: the grammar's digest; whether the text is whole; then of each place its
 * node, the number of its frames and of each frame, lowest first, its node, shifted left by one,
 * with the lowest bit set where it is framed. Numbers are varints.
 */
final class PositionBytes {
  private final List<Node> nodes;
  private final int digest;

  PositionBytes(List<Node> nodes, int digest) {
    this.nodes = nodes;
    this.digest = digest;
  }

  static byte[] write(Position position, int digest) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(digest).array());
    out.write(position.accepts ? 1 : 0);
    number(position.places.size(), out);
    for (Place place : position.places) {
      number(place.node().id, out);
      number(place.frame() == null ? 0 : place.frame().depth, out);
      frames(place.frame(), out);
    }
    return out.toByteArray();
  }

  private static void frames(@Nullable Frame frame, ByteArrayOutputStream out) {
    if (frame != null) {
      frames(frame.below, out);
      number(frame.back.id << 1 | (frame.framed ? 1 : 0), out);
    }
  }

  private static void number(int value, ByteArrayOutputStream out) {
    int rest = value;
    while (rest >= 0x80) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  Position read(byte[] bytes, Positions family) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      if (in.getInt() != digest) {
        throw new IllegalArgumentException(
            "The position is of another constraint, or of another version of Skein.");
      }
      boolean accepts = in.get() != 0;
      int count = number(in);
      List<Place> places = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Node node = node(number(in), Node.Kind.READ);
        Frame frame = null;
        for (int depth = number(in); depth > 0; depth--) {
          int packed = number(in);
          frame = new Frame(node(packed >>> 1, null), (packed & 1) != 0, frame);
        }
        places.add(new Place(node, frame));
      }
      return family.of(places, accepts);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("The position in the constraint is cut short.", e);
    }
  }

  private Node node(int id, Node.@Nullable Kind kind) {
    if (id < 0 || id >= nodes.size() || (kind != null && nodes.get(id).kind != kind)) {
      throw new IllegalArgumentException("The position in the constraint is damaged.");
    }
    return nodes.get(id);
  }

  private static int number(ByteBuffer in) {
    int value = 0;
    int shift = 0;
    byte part;
    do {
      part = in.get();
      value |= (part & 0x7f) << shift;
      shift += 7;
    } while (part < 0 && shift < 35);
    return value;
  }
}
