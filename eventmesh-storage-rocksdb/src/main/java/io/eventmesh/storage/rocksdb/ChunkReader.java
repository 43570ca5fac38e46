package io.eventmesh.storage.rocksdb;

import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * Reads records back, and says exactly which of them are damaged: a chunk that RocksDB finds damaged is read once more
 * without its checksums, and then each record's own one decides. Blocks for the disk. Thread-safe.
 */
final class ChunkReader {
    /**
     * What was found from an offset on: either records or, at their place, a damaged range.
     *
     * @param records those asked for
     * @param next the offset to go on from
     * @param damage why the range from..next-1 cannot be read; null when it can
     */
    record Slice(List<StoredRecord> records, long next, @Nullable String damage) {}

    private static final int MAX_RECORDS = 256;

    private final Database database;
    private final RecordForm form;
    private final RecordChecksum checksum;

    ChunkReader(Database database, RecordChecksum checksum) {
        this.database = database;
        this.checksum = checksum;
        this.form = new RecordForm(checksum);
    }

    /**
     * Reads records of from..to-1 that are not done, until there are {@code bytes} of them.
     *
     * @throws RocksDBException when the disk or the database fails
     */
    Slice read(PartitionLog log, long from, long to, long bytes, Progress progress) throws RocksDBException {
        List<StoredRecord> records = new ArrayList<>();
        long at = from;
        long left = bytes;
        while (at < to && left > 0 && records.size() < MAX_RECORDS) {
            ChunkEntry entry;
            try {
                entry = entryAt(log, at);
            } catch (RocksDBException failed) {
                if (!Failures.isDamage(failed)) {
                    throw failed;
                }
                return records.isEmpty()
                        ? new Slice(records, nextReadable(log, at, to), "index: " + Failures.text(failed))
                        : new Slice(records, at, null);
            }
            if (entry == null || entry.first() > at) {
                long next = entry == null ? to : Math.min(to, entry.first());
                return records.isEmpty()
                        ? new Slice(records, next, "nothing is stored there")
                        : new Slice(records, at, null);
            }
            Content content = content(log, entry);
            for (long end = Math.min(entry.end(), to); at < end && left > 0 && records.size() < MAX_RECORDS; at++) {
                if (progress.isDone(at)) {
                    continue;
                }
                EventRecord record = content.record((int) (at - entry.first()));
                if (record == null) {
                    if (!records.isEmpty()) {
                        return new Slice(records, at, null);
                    }
                    return new Slice(records, content.endOfDamage(at, end), content.damage());
                }
                records.add(new StoredRecord(new Position(log.id(), at), record));
                left -= record.size();
            }
        }
        return new Slice(records, at, null);
    }

    /** The offset of the first record in from..to-1 that was appended at or after the time; {@code to} for none. */
    long firstSince(PartitionLog log, long from, long to, long millis) throws RocksDBException {
        long at = from;
        while (at < to) {
            Slice slice = read(log, at, to, Long.MAX_VALUE, Progress.at(0));
            for (StoredRecord record : slice.records()) {
                if (record.record().appendTimeMillis() >= millis) {
                    return record.position().offset();
                }
            }
            at = slice.next();
        }
        return to;
    }

    /** The chunk that holds the offset, else the next one, else null. */
    private @Nullable ChunkEntry entryAt(PartitionLog log, long offset) throws RocksDBException {
        int stream = log.stream().id();
        int partition = log.id().index();
        byte[] prefix = Arrays.copyOf(Keys.chunk(stream, partition, 0), 8);
        return database.read((db, tables) -> {
            try (ReadOptions options = new ReadOptions();
                    RocksIterator iterator = db.newIterator(database.handle(Table.INDEX), options)) {
                iterator.seekForPrev(Keys.chunk(stream, partition, offset));
                ChunkEntry entry = entry(iterator, prefix);
                if (entry == null || entry.end() <= offset) {
                    iterator.seek(Keys.chunk(stream, partition, offset));
                    entry = entry(iterator, prefix);
                }
                return entry;
            }
        });
    }

    private static @Nullable ChunkEntry entry(RocksIterator iterator, byte[] prefix) throws RocksDBException {
        if (!iterator.isValid()) {
            iterator.status();
            return null;
        }
        byte[] key = iterator.key();
        return Keys.startsWith(key, prefix) ? ChunkEntry.read(key, iterator.value()) : null;
    }

    /** The first offset after a damaged place of the index from which it can be read again. */
    private long nextReadable(PartitionLog log, long from, long to) {
        long damaged = from;
        long readable = to;
        while (readable - damaged > 1) {
            long middle = (damaged + readable) >>> 1;
            if (isReadable(log, middle)) {
                readable = middle;
            } else {
                damaged = middle;
            }
        }
        return readable;
    }

    private boolean isReadable(PartitionLog log, long offset) {
        try {
            entryAt(log, offset);
            return true;
        } catch (RocksDBException damaged) {
            return false;
        }
    }

    private Content content(PartitionLog log, ChunkEntry entry) throws RocksDBException {
        byte[] key = Keys.chunk(log.stream().id(), log.id().index(), entry.first());
        byte[] bytes = null;
        String damage = "the chunk is not there";
        try {
            bytes = database.get(Table.RECORDS, key);
        } catch (RocksDBException failed) {
            if (!Failures.isDamage(failed)) {
                throw failed;
            }
            damage = Failures.text(failed);
            bytes = unchecked(key);
        }
        if (bytes == null) {
            return new Content(log, entry, ByteBuffer.allocate(0), new int[0], damage);
        }
        ByteBuffer chunk = ByteBuffer.wrap(bytes);
        try {
            return new Content(log, entry, chunk, Chunk.ends(chunk, entry.count(), checksum), damage);
        } catch (DamagedException damaged) {
            return new Content(log, entry, chunk, new int[0], String.valueOf(damaged.getMessage()));
        }
    }

    private byte @Nullable [] unchecked(byte[] key) {
        try (ReadOptions options = new ReadOptions().setVerifyChecksums(false)) {
            return database.read((db, tables) -> db.get(database.handle(Table.RECORDS), options, key));
        } catch (RocksDBException unreadable) {
            return null;
        }
    }

    /** A chunk as it was read; its damaged records are null. */
    private final class Content {
        private final PartitionLog log;
        private final ChunkEntry entry;
        private final ByteBuffer bytes;
        private final int[] ends;
        private String damage;

        Content(PartitionLog log, ChunkEntry entry, ByteBuffer bytes, int[] ends, String damage) {
            this.log = log;
            this.entry = entry;
            this.bytes = bytes;
            this.ends = ends;
            this.damage = damage;
        }

        String damage() {
            return damage;
        }

        @Nullable
        EventRecord record(int index) {
            if (index >= ends.length) {
                return null;
            }
            try {
                return form.read(bytes, index == 0 ? 0 : ends[index - 1], ends[index], log.place(entry.first() + index));
            } catch (DamagedException damaged) {
                damage = String.valueOf(damaged.getMessage());
                return null;
            }
        }

        long endOfDamage(long from, long end) {
            long at = from + 1;
            while (at < end && record((int) (at - entry.first())) == null) {
                at++;
            }
            return at;
        }
    }
}
