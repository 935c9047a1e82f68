package dev.skein.store;

import dev.skein.proto.Manifest;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Shift;
import dev.skein.proto.Topics;
import dev.skein.proto.TurnRef;
import java.util.ArrayList;
import java.util.List;

/**
 * A shard whose topics were copied record by record to other ones, of another cluster perhaps: the
 * records are the same in the same order, their offsets are not.
 */
record CopiedLog(Topics topics, int shard, ShardLog log) {

  private static final System.Logger LOG = System.getLogger(CopiedLog.class.getName());

  /** The shard record, as it reads in the copy. */
  ShardRecord resumed(ShardRecord before, String id) throws StoreException {
    PlaceSearch place = new PlaceSearch(before.getBeforeList());
    long end = log.scan(topics.requests(), 0, true, place);
    if (!place.isSure()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "shard {0}: the topics were copied, and nothing in the copy tells which requests are"
              + " done: all of them are taken for new",
          shard);
    }
    boolean isQuiet =
        place.isEnd() && before.getOpenTurnsCount() == 0 && before.getFinishedCount() == 0;
    return before.toBuilder()
        .setLog(id)
        .clearShifts()
        .addAllShifts(shifts(before, place.offset(end)))
        .setControlsOffset(log.end(topics.controls()))
        .setTranscriptsFrom(log.end(topics.transcripts()))
        .setTokensFrom(isQuiet ? log.end(topics.tokens()) : 0)
        .setCopiedEpoch(before.getEpoch() + 1)
        .build();
  }

  /**
   * The requests from the watermark on get their numbers back; what was never read gets the next
   * ones.
   */
  private List<Shift> shifts(ShardRecord before, long from) throws StoreException {
    List<Shift> shifts = new ArrayList<>();
    long[] number = {before.getWatermark()};
    add(shifts, from, number[0]);
    long end =
        log.scan(
            topics.requests(),
            from,
            true,
            record -> {
              if (number[0] < before.getReadTo()) {
                number[0] = behindGaps(before, number[0]);
                add(shifts, record.offset(), number[0]);
                number[0]++;
              }
            });
    if (number[0] < before.getReadTo()) {
      add(shifts, end, before.getReadTo());
    }
    return shifts;
  }

  private static long behindGaps(ShardRecord before, long number) {
    long behind = number;
    for (int i = 0; i + 1 < before.getGapsCount(); i += 2) {
      if (before.getGaps(i) <= behind && behind < before.getGaps(i + 1)) {
        behind = before.getGaps(i + 1);
      }
    }
    return behind;
  }

  private static void add(List<Shift> shifts, long offset, long number) {
    if (!shifts.isEmpty() && shifts.getLast().getFrom() == offset) {
      shifts.removeLast();
    }
    long more = number - offset;
    if (shifts.isEmpty() || shifts.getLast().getMore() != more) {
      shifts.add(Shift.newBuilder().setFrom(offset).setMore(more).build());
    }
  }

  /**
   * A manifest that was written into other topics, without their offsets: where it says to look
   * from an offset on, one looks from the beginning.
   */
  static Manifest resumed(Manifest manifest) {
    Manifest.Builder there = manifest.toBuilder();
    if (there.hasHead()) {
      there.setHead(resumed(there.getHead()));
    }
    if (there.hasAnewAfter()) {
      there.setAnewAfter(resumed(there.getAnewAfter()));
    }
    there
        .getRecentBuilderList()
        .forEach(turn -> {
          if (turn.hasTokensFrom()) {
            turn.setTokensFrom(0);
          }
          if (turn.hasEnd()) {
            turn.setEnd(resumed(turn.getEnd()));
          }
        });
    if (there.hasUnfinished() && there.getUnfinished().hasTokensFrom()) {
      there.getUnfinishedBuilder().setTokensFrom(0);
    }
    return there.build();
  }

  private static TurnRef resumed(TurnRef turn) {
    return turn.getTranscriptFrom() <= 0 ? turn : turn.toBuilder().setTranscriptFrom(0).build();
  }
}
