package dev.skein.store;

import java.util.HashMap;
import java.util.Map;

/**
 * Where the newest record of each key lies in topics that were copied, so that what was noted with
 * another topic's offsets is found again. A partition is read through once, when something of it is
 * wanted for the first time; who reads a record through it checks the key.
 */
final class CopiedKeys {
  private final ShardLog log;
  private final Map<String, ManifestTable> tables = new HashMap<>();

  CopiedKeys(ShardLog log) {
    this.log = log;
  }

  /** The offset to look at, or -1. */
  long find(String topic, int partition, byte[] key) throws StoreException {
    String name = topic + "-" + partition;
    ManifestTable table = tables.get(name);
    if (table == null) {
      table = read(topic, partition);
      tables.put(name, table);
    }
    return table.find(key);
  }

  private ManifestTable read(String topic, int partition) throws StoreException {
    ManifestTable table = new ManifestTable();
    LogRecord found = log.next(topic, partition, 0);
    while (found != null) {
      byte[] key = found.key();
      if (key != null && found.value() != null) {
        table.put(key, found.offset());
      }
      found = log.next(topic, partition, found.offset() + 1);
    }
    return table;
  }
}
