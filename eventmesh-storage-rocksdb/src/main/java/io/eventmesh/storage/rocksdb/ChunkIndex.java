package io.eventmesh.storage.rocksdb;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * Where chunks begin and end: from the index, and where that is damaged from the chunks themselves. So damage in one of
 * the two loses nothing. Blocks for the disk. Thread-safe.
 */
final class ChunkIndex {
    private static final int PARTITION_BYTES = 8;

    private final Database database;

    ChunkIndex(Database database) {
        this.database = database;
    }

    /** The chunk that holds the offset, else the next one of the partition, else null. */
    @Nullable
    ChunkEntry at(PartitionLog partition, long offset) throws RocksDBException {
        try {
            return at(Table.INDEX, partition, offset);
        } catch (RocksDBException failed) {
            requireDamage(partition, failed);
            return at(Table.RECORDS, partition, offset);
        }
    }

    /** The last chunk of the partition, null for none. */
    @Nullable
    ChunkEntry last(PartitionLog partition) throws RocksDBException {
        try {
            return last(Table.INDEX, partition);
        } catch (RocksDBException failed) {
            requireDamage(partition, failed);
            return last(Table.RECORDS, partition);
        }
    }

    private void requireDamage(PartitionLog partition, RocksDBException failed) throws RocksDBException {
        if (!Failures.isDamage(failed)) {
            throw failed;
        }
        // the chunks say what they hold
        database.damaged("index of %s: %s".formatted(partition.id(), Failures.text(failed)));
    }

    private @Nullable ChunkEntry at(Table table, PartitionLog partition, long offset) throws RocksDBException {
        byte[] key = key(partition, offset);
        return database.read((db, tables) -> {
            try (ReadOptions options = new ReadOptions();
                    RocksIterator iterator = db.newIterator(database.handle(table), options)) {
                iterator.seekForPrev(key);
                ChunkEntry entry = entry(table, iterator, key);
                if (entry == null || entry.end() <= offset) {
                    iterator.seek(key);
                    entry = entry(table, iterator, key);
                }
                return entry;
            }
        });
    }

    private @Nullable ChunkEntry last(Table table, PartitionLog partition) throws RocksDBException {
        byte[] key = key(partition, Long.MAX_VALUE);
        return database.read((db, tables) -> {
            try (ReadOptions options = new ReadOptions();
                    RocksIterator iterator = db.newIterator(database.handle(table), options)) {
                iterator.seekForPrev(key);
                return entry(table, iterator, key);
            }
        });
    }

    private static @Nullable ChunkEntry entry(Table table, RocksIterator iterator, byte[] wanted)
            throws RocksDBException {
        if (!iterator.isValid()) {
            iterator.status();
            return null;
        }
        byte[] key = iterator.key();
        if (!Arrays.equals(key, 0, PARTITION_BYTES, wanted, 0, PARTITION_BYTES)) {
            return null;
        }
        return table == Table.INDEX
                ? ChunkEntry.read(key, iterator.value())
                : ChunkEntry.ofChunk(key, Chunk.count(iterator.value()));
    }

    private static byte[] key(PartitionLog partition, long offset) {
        return Keys.chunk(partition.stream().id(), partition.id().index(), offset);
    }
}
