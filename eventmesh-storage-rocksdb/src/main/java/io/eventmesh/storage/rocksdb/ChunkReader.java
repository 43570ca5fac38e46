package io.eventmesh.storage.rocksdb;

import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

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
    record Slice(
            List<StoredRecord> records, long next, @Nullable String damage) {}

    private static final int MAX_RECORDS = 256;

    private final Database database;
    private final ChunkIndex index;
    private final RecordForm form;
    private final RecordChecksum checksum;

    ChunkReader(Database database, RecordChecksum checksum) {
        this.database = database;
        this.index = new ChunkIndex(database);
        this.checksum = checksum;
        this.form = new RecordForm(checksum);
    }

    /**
     * Reads records of from..to-1 that are not done, until there are {@code bytes} of them or the next one is damaged.
     *
     * @throws RocksDBException when the disk or the database fails
     */
    Slice read(PartitionLog log, long from, long to, long bytes, Progress progress) throws RocksDBException {
        Reading reading = new Reading(log, from, to, bytes, progress);
        while (reading.goesOn()) {
            ChunkEntry entry;
            try {
                entry = index.at(log, reading.at);
            } catch (RocksDBException failed) {
                if (!Failures.isDamage(failed)) {
                    throw failed;
                }
                reading.damaged(nextReadable(log, reading.at, to), "index: " + Failures.text(failed));
                continue;
            }
            if (entry == null || entry.first() > reading.at) {
                reading.damaged(entry == null ? to : Math.min(to, entry.first()), "nothing is stored there");
            } else {
                reading.take(entry, content(log, entry));
            }
        }
        return reading.slice();
    }

    /** A slice in the making: first it is either damage or records, and it ends where the other begins. */
    private static final class Reading {
        private static final int MAX_CHUNKS = 1_000;

        private final PartitionLog log;
        private final long to;
        private final Progress progress;
        private final List<StoredRecord> records = new ArrayList<>();
        private long at;
        private long left;
        private int chunks;
        private boolean ended;
        private @Nullable String damage;

        Reading(PartitionLog log, long from, long to, long bytes, Progress progress) {
            this.log = log;
            this.at = from;
            this.to = to;
            this.left = bytes;
            this.progress = progress;
        }

        boolean goesOn() {
            return !ended && at < to && left > 0 && records.size() < MAX_RECORDS && chunks++ < MAX_CHUNKS;
        }

        void damaged(long next, String why) {
            if (records.isEmpty()) {
                damage = damage == null ? why : damage;
                at = next;
            } else {
                ended = true;
            }
        }

        void take(ChunkEntry entry, Content content) {
            long end = Math.min(entry.end(), to);
            while (!ended && at < end && left > 0 && records.size() < MAX_RECORDS) {
                if (progress.isDone(at)) {
                    at++;
                    continue;
                }
                EventRecord record = content.record((int) (at - entry.first()));
                if (record == null) {
                    damaged(at + 1, content.damage());
                } else if (damage != null) {
                    ended = true;
                } else {
                    records.add(new StoredRecord(new Position(log.id(), at), record));
                    left -= record.size();
                    at++;
                }
            }
        }

        Slice slice() {
            return new Slice(records, at, damage);
        }
    }

    /** Records from an offset on, for whoever only looks; those that are damaged are left out. */
    Peek peek(PartitionLog log, long from, int maxRecords, long maxBytes) throws RocksDBException {
        long first;
        long end;
        synchronized (log) {
            first = log.base();
            end = log.visible();
        }
        List<StoredRecord> found = new ArrayList<>();
        long at = Math.min(Math.max(from, first), end);
        long left = maxBytes;
        while (at < end && found.size() < maxRecords && left > 0) {
            Slice slice = read(log, at, end, left, Progress.at(0));
            at = slice.next();
            for (StoredRecord record : slice.records()) {
                left -= record.record().size();
                if (found.size() == maxRecords || (left < 0 && !found.isEmpty())) {
                    at = record.position().offset();
                    left = 0;
                    break;
                }
                found.add(record);
            }
        }
        return new Peek(List.copyOf(found), first, at, end);
    }

    /** One record that is durable, null when it is not there any more or damaged. */
    @Nullable
    EventRecord at(PartitionLog log, long offset) throws RocksDBException {
        List<StoredRecord> found =
                read(log, offset, offset + 1, 1, Progress.at(0)).records();
        return found.isEmpty() ? null : found.get(0).record();
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
            index.at(log, offset);
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
            bytes = database.unchecked(Table.RECORDS, key);
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
                return form.read(
                        bytes, index == 0 ? 0 : ends[index - 1], ends[index], log.place(entry.first() + index));
            } catch (DamagedException damaged) {
                damage = String.valueOf(damaged.getMessage());
                return null;
            }
        }
    }
}
