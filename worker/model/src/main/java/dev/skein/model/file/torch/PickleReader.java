package dev.skein.model.file.torch;

import dev.skein.model.file.Mapping;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Printable;
import dev.skein.model.file.torch.PickleValue.Atom;
import dev.skein.model.file.torch.PickleValue.Dict;
import dev.skein.model.file.torch.PickleValue.Items;
import dev.skein.model.file.torch.PickleValue.Text;
import dev.skein.model.file.torch.PickleValue.Tuple;
import dev.skein.model.file.torch.PickleValue.Whole;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An interpreter for the pickle of a torch state dict. A pickle is a program for a stack machine
 * that may name and call anything; this machine knows only the operations that plain data needs,
 * and its calls build {@link PickleValue}s of an allow-list ({@link StateDictCalls}). Everything
 * else is refused by name. Steps, stack, memo and strings are limited.
 */
final class PickleReader {
  private static final int STEPS_MAX = 1 << 20;
  private static final int STACK_MAX = 1 << 16;
  private static final int MEMO_MAX = 1 << 18;
  private static final int STRING_MAX = 1 << 12;
  private static final int PROTOCOL_MAX = 5;
  private static final int STOP = '.';

  private final Mapping file;
  private final StateDictCalls calls;
  private final long end;
  private final ArrayList<PickleValue> stack = new ArrayList<>();
  private final Map<Integer, PickleValue> memo = new HashMap<>();
  private long at;

  /** Reads what is in that piece of the file. */
  PickleReader(Mapping file, Span span) {
    this.file = file;
    this.calls = new StateDictCalls(file.path());
    this.at = span.from();
    this.end = span.from() + span.size();
  }

  /** The value that the next pickle describes; it knows nothing of those before. */
  PickleValue next() throws ModelFormatException {
    stack.clear();
    memo.clear();
    for (int step = 0; step < STEPS_MAX; step++) {
      int opcode = byteArgument();
      if (opcode == STOP) {
        return pop();
      }
      step(opcode);
      if (stack.size() > STACK_MAX || memo.size() > MEMO_MAX) {
        throw bad("its pickle needs more memory than any state dict does");
      }
    }
    throw bad("its pickle is longer than that of any state dict");
  }

  /** Where the next pickle begins. */
  long position() {
    return at;
  }

  /** One operation; the letters are those of Python's pickletools. */
  private void step(int opcode) throws ModelFormatException {
    switch (opcode) {
      case 0x80 -> protocol();
      case 0x95 -> take(8);
      case '(' -> stack.add(Atom.MARK);
      case '0' -> pop();
      case '1' -> popToMark();
      case '2' -> stack.add(top());
      case 'q' -> memo.put(byteArgument(), top());
      case 'r' -> memo.put(intArgument(), top());
      case 0x94 -> memo.put(memo.size(), top());
      case 'h' -> recall(byteArgument());
      case 'j' -> recall(intArgument());
      case 'c' -> stack.add(calls.global(line(), line()));
      case 0x93 -> stackGlobal();
      case 'Q' -> stack.add(calls.storage(pop()));
      case 'R' -> reduce();
      case 'b' -> build();
      default -> {
        if (!pushScalar(opcode) && !container(opcode)) {
          throw refused(opcode);
        }
      }
    }
  }

  private boolean pushScalar(int opcode) throws ModelFormatException {
    PickleValue value =
        switch (opcode) {
          case 'N' -> Atom.NONE;
          case 0x88 -> Atom.TRUE;
          case 0x89 -> Atom.FALSE;
          case 'J' -> new Whole(intArgument());
          case 'K' -> new Whole(byteArgument());
          case 'M' -> new Whole(file.u16(take(2)));
          case 0x8a -> whole(byteArgument());
          case 0x8b -> whole(intArgument());
          case 'G' -> number();
          case 'X' -> text(file.u32(take(4)));
          case 0x8c -> text(byteArgument());
          case 0x8d -> text(file.i64(take(8)));
          default -> Atom.MARK;
        };
    if (value == Atom.MARK) {
      return false;
    }
    stack.add(value);
    return true;
  }

  private boolean container(int opcode) throws ModelFormatException {
    switch (opcode) {
      case ')' -> stack.add(new Tuple(List.of()));
      case 't' -> stack.add(new Tuple(popToMark()));
      case 0x85 -> stack.add(new Tuple(popLast(1)));
      case 0x86 -> stack.add(new Tuple(popLast(2)));
      case 0x87 -> stack.add(new Tuple(popLast(3)));
      case ']' -> stack.add(new Items(new ArrayList<>()));
      case 'l' -> stack.add(new Items(new ArrayList<>(popToMark())));
      case 'a' -> append(popLast(1));
      case 'e' -> append(popToMark());
      case '}' -> stack.add(new Dict(new LinkedHashMap<>()));
      case 'd' -> {
        List<PickleValue> items = popToMark();
        stack.add(new Dict(new LinkedHashMap<>()));
        put(items);
      }
      case 's' -> put(popLast(2));
      case 'u' -> put(popToMark());
      default -> {
        return false;
      }
    }
    return true;
  }

  private void protocol() throws ModelFormatException {
    int version = byteArgument();
    if (version < 2 || version > PROTOCOL_MAX) {
      throw bad("its pickle has protocol " + version + ", which is not known");
    }
  }

  private PickleValue number() throws ModelFormatException {
    take(8);
    return Atom.NUMBER;
  }

  private void stackGlobal() throws ModelFormatException {
    List<PickleValue> names = popLast(2);
    if (names.get(0) instanceof Text module && names.get(1) instanceof Text name) {
      stack.add(calls.global(module.value(), name.value()));
    } else {
      throw bad("its pickle names a class by something other than text");
    }
  }

  private void reduce() throws ModelFormatException {
    List<PickleValue> call = popLast(2);
    stack.add(calls.call(call.get(0), call.get(1)));
  }

  /** A state dict carries its version table as attributes of the OrderedDict: dropped. */
  private void build() throws ModelFormatException {
    pop();
    if (!(top() instanceof Dict)) {
      throw bad("its pickle sets attributes of an object, which is refused");
    }
  }

  private void append(List<PickleValue> items) throws ModelFormatException {
    if (!(top() instanceof Items list)) {
      throw bad("its pickle appends to something that is no list");
    }
    list.items().addAll(items);
  }

  private void put(List<PickleValue> items) throws ModelFormatException {
    if (!(top() instanceof Dict dict) || items.size() % 2 != 0) {
      throw bad("its pickle puts entries into something that is no dict");
    }
    for (int i = 0; i < items.size(); i += 2) {
      if (!(items.get(i) instanceof Text key)) {
        throw bad("its pickle has a dict key that is no text");
      }
      if (dict.entries().put(key.value(), items.get(i + 1)) != null) {
        throw bad("its pickle has the key '" + Printable.of(key.value()) + "' twice");
      }
    }
  }

  private void recall(int index) throws ModelFormatException {
    PickleValue value = memo.get(index);
    if (value == null) {
      throw bad("its pickle recalls value " + index + ", which was never stored");
    }
    stack.add(value);
  }

  private Whole whole(int length) throws ModelFormatException {
    if (length < 0 || length > 8) {
      throw bad("its pickle holds a number of " + Integer.toUnsignedString(length) + " bytes");
    }
    long from = take(length);
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= (long) file.u8(from + i) << (8 * i);
    }
    int unused = 64 - 8 * length;
    return new Whole(length == 0 ? 0 : (value << unused) >> unused);
  }

  private Text text(long length) throws ModelFormatException {
    if (length < 0 || length > STRING_MAX) {
      throw bad("its pickle holds a text of " + Long.toUnsignedString(length) + " bytes");
    }
    byte[] bytes = file.bytes(take((int) length), (int) length);
    try {
      return new Text(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      throw bad("its pickle holds text that is not valid UTF-8");
    }
  }

  private String line() throws ModelFormatException {
    StringBuilder text = new StringBuilder();
    for (int c = byteArgument(); c != '\n'; c = byteArgument()) {
      if (text.length() == STRING_MAX) {
        throw bad("its pickle holds a line that is too long");
      }
      text.append((char) c);
    }
    return text.toString();
  }

  private int byteArgument() throws ModelFormatException {
    return file.u8(take(1));
  }

  private int intArgument() throws ModelFormatException {
    return file.i32(take(4));
  }

  private long take(int count) throws ModelFormatException {
    if (count > end - at) {
      throw bad("its pickle breaks off");
    }
    at += count;
    return at - count;
  }

  private PickleValue top() throws ModelFormatException {
    if (stack.isEmpty() || stack.getLast() == Atom.MARK) {
      throw bad("its pickle takes more from the stack than it put there");
    }
    return stack.getLast();
  }

  private PickleValue pop() throws ModelFormatException {
    PickleValue value = top();
    stack.removeLast();
    return value;
  }

  private List<PickleValue> popLast(int count) throws ModelFormatException {
    PickleValue[] items = new PickleValue[count];
    for (int i = count - 1; i >= 0; i--) {
      items[i] = pop();
    }
    return List.of(items);
  }

  private List<PickleValue> popToMark() throws ModelFormatException {
    int mark = stack.lastIndexOf(Atom.MARK);
    if (mark < 0) {
      throw bad("its pickle looks for a mark that it never set");
    }
    List<PickleValue> above = stack.subList(mark + 1, stack.size());
    List<PickleValue> items = List.copyOf(above);
    above.clear();
    stack.removeLast();
    return items;
  }

  private ModelFormatException refused(int opcode) {
    return ModelFormatException.of(
        file.path(),
        "its pickle uses operation 0x"
            + Integer.toHexString(opcode)
            + ", which plain weights never need",
        "do not trust this file; take the published one or a .safetensors");
  }

  private ModelFormatException bad(String fault) {
    return ModelFormatException.damaged(file.path(), fault);
  }
}
