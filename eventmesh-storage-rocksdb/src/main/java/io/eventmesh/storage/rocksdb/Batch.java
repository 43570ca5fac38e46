package io.eventmesh.storage.rocksdb;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * What is written and synced at once: records gathered by partition, and everything else in the order it came. The
 * writing thread's.
 */
final class Batch implements AutoCloseable {
    private static final byte[] NOTHING = {};

    private final Database database;
    private final Chunk chunk;
    private final WriteBatch batch = new WriteBatch(64 << 10);
    private final ByteBuffer key = ByteBuffer.allocateDirect(16);
    /** The partitions that got records, in the order of the first. */
    private final List<PartitionLog> touched = new ArrayList<>();
    /** What this batch has put under single keys, for whoever reads before it writes. */
    private final Map<ByteBuffer, byte[]> fresh = new HashMap<>();

    private boolean cleared;

    Batch(Database database, Chunk chunk) {
        this.database = database;
        this.chunk = chunk;
    }

    void begin() {
        batch.clear();
        touched.clear();
        fresh.clear();
        cleared = false;
    }

    void add(PendingRecord record) {
        PartitionLog log = record.log();
        if (log.gathered().isEmpty()) {
            touched.add(log);
        }
        log.gathered().add(record);
    }

    void put(Table table, byte[] at, byte[] value) throws RocksDBException {
        batch.put(database.handle(table), at, value);
        if (table.isMirrored()) {
            batch.put(database.handle(Table.MIRROR), table.mirrored(at), value);
        }
    }

    void delete(Table table, byte[] at) throws RocksDBException {
        batch.delete(database.handle(table), at);
        if (table.isMirrored()) {
            batch.delete(database.handle(Table.MIRROR), table.mirrored(at));
        }
    }

    void deleteAll(Table table, byte[] prefix) throws RocksDBException {
        deleteRange(table, prefix, Keys.after(prefix));
    }

    void deleteRange(Table table, byte[] from, byte[] to) throws RocksDBException {
        batch.deleteRange(database.handle(table), from, to);
        if (table.isMirrored()) {
            batch.deleteRange(database.handle(Table.MIRROR), table.mirrored(from), table.mirrored(to));
        }
        cleared |= table == Table.TICKETS;
    }

    /** Whether the change must wait until this batch is written: it looks up what this one clears. */
    boolean mustEndBefore(Change change) {
        return cleared && change.looksUp();
    }

    /** A ticket as it will be after this batch, null for none. */
    byte @Nullable [] ticket(byte[] at) throws RocksDBException {
        byte[] pending = fresh.get(ByteBuffer.wrap(at));
        if (pending != null) {
            return pending == NOTHING ? null : pending;
        }
        return database.get(Table.TICKETS, at);
    }

    /** All tickets under a prefix as they will be after this batch. */
    void eachTicket(byte[] prefix, Database.Entry entry) throws RocksDBException, DamagedException {
        database.each(Table.TICKETS, prefix, (at, value) -> {
            if (!fresh.containsKey(ByteBuffer.wrap(at))) {
                entry.at(at, value);
            }
        });
        for (Map.Entry<ByteBuffer, byte[]> each : fresh.entrySet()) {
            byte[] at = each.getKey().array();
            if (each.getValue() != NOTHING && Keys.startsWith(at, prefix)) {
                entry.at(at, each.getValue());
            }
        }
    }

    void putTicket(byte[] at, byte[] value) throws RocksDBException {
        put(Table.TICKETS, at, value);
        fresh.put(ByteBuffer.wrap(at), value);
    }

    void deleteTicket(byte[] at) throws RocksDBException {
        delete(Table.TICKETS, at);
        fresh.put(ByteBuffer.wrap(at), NOTHING);
    }

    /** Adds the gathered records as chunks; nothing is added any more. */
    void seal() throws RocksDBException {
        for (PartitionLog log : touched) {
            putChunks(log, log.gathered());
        }
    }

    /**
     * Writes everything.
     *
     * @return false when the database has no memory for it at the moment: nothing was written
     */
    boolean write() throws RocksDBException {
        return database.write(batch);
    }

    /** Hands the gathered records on, by partition. */
    List<List<PendingRecord>> takeGathered() {
        List<List<PendingRecord>> all = new ArrayList<>(touched.size());
        for (PartitionLog log : touched) {
            all.add(log.takeGathered());
        }
        return all;
    }

    private void putChunks(PartitionLog log, List<PendingRecord> records) throws RocksDBException {
        int from = 0;
        while (from < records.size()) {
            chunk.begin();
            int to = from;
            do {
                chunk.add(records.get(to++));
            } while (to < records.size() && !chunk.isFull() && !records.get(to).isMarked());
            put(log, records.get(from), records.get(to - 1), chunk);
            from = to;
        }
    }

    private void put(PartitionLog log, PendingRecord first, PendingRecord last, Chunk content) throws RocksDBException {
        long offset = first.position().offset();
        key.clear();
        key.putInt(log.stream().id()).putInt(log.id().index()).putLong(offset).flip();
        batch.put(database.handle(Table.RECORDS), key, content.finish());
        long bytes = last.bytesBefore() + last.size() - first.bytesBefore();
        put(
                Table.INDEX,
                Keys.chunk(log.stream().id(), log.id().index(), offset),
                new ChunkEntry(offset, content.count(), first.bytesBefore(), bytes, last.millis()).stored());
        if (first.isMarked()) {
            put(
                    Table.FACTS,
                    Keys.mark(log.stream().id(), log.id().index(), offset),
                    new BinaryWriter()
                            .i64(first.bytesBefore())
                            .i64(first.markMillis())
                            .bytes());
        }
    }

    @Override
    public void close() {
        batch.close();
    }
}
