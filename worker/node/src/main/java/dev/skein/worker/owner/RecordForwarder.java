package dev.skein.worker.owner;

import dev.skein.proto.Control;
import dev.skein.proto.Request;
import dev.skein.worker.shard.RawRecord;
import java.util.function.Consumer;

/**
 * Writes into {@code requests} and {@code controls}: records that a foreign partitioner misplaced,
 * into the partition that they belong to, and what one owner tells another.
 */
public interface RecordForwarder {

  /** Of a shard that is alone: nothing can be misplaced, and nobody is to be told. */
  RecordForwarder NOBODY =
      new RecordForwarder() {
        @Override
        public void forward(
            RawRecord raw, int from, int to, Runnable acknowledged, Consumer<Exception> failed) {
          throw new IllegalStateException("nothing is misplaced");
        }

        @Override
        public void tell(Request request, int to, Consumer<Exception> failed) {
          throw new IllegalStateException("nobody is to be told");
        }

        @Override
        public void tell(Control control, int to, Consumer<Exception> failed) {
          throw new IllegalStateException("nobody is to be told");
        }
      };

  /**
   * Produces the record unchanged, marked with its origin, outside of any transaction.
   *
   * @param from the shard that read it
   * @param acknowledged called when it is in the log; never called if it cannot be written
   * @param failed called with the reason otherwise
   */
  void forward(RawRecord raw, int from, int to, Runnable acknowledged, Consumer<Exception> failed);

  /** Produces a request of this owner's own, outside of any transaction. */
  void tell(Request request, int to, Consumer<Exception> failed);

  /** Produces a control, outside of any transaction. */
  void tell(Control control, int to, Consumer<Exception> failed);
}
