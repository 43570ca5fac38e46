package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.MutableColumnFamilyOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open RocksDB with its tables, and everything native that hangs on it.
 *
 * <p>Reads are safe from any thread and after {@link #close}, which waits for them: then they fail with
 * STORAGE_UNAVAILABLE. Writes come from one thread, which ends before the close.
 */
final class Database implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Database.class);
    static final String FORMAT_FILE = "format";
    static final int FORMAT = 1;
    private static final String FORMAT_NAME = "eventmesh-rocksdb";
    private static final long SMALL_WRITE_BUFFER = 4L << 20;
    private static final int WRITE_BUFFERS = 3;
    private static final long INLINE_BYTES = 512;
    private static final int NEVER = 1 << 20;

    /** Something that reads. */
    @FunctionalInterface
    interface Read<T> {
        @Nullable
        T apply(RocksDB database, Map<Table, ColumnFamilyHandle> tables) throws RocksDBException;
    }

    private final Deque<AbstractNativeReference> natives = new ArrayDeque<>();
    private final Map<Table, ColumnFamilyHandle> tables = new EnumMap<>(Table.class);
    private final ReentrantReadWriteLock open = new ReentrantReadWriteLock();
    private final RocksDB database;
    private final WriteOptions writeOptions;
    private final Journal journal;
    private final DroppedBytes dropped;
    private boolean closed;
    private volatile String damage = "";

    /** Opens or makes the database in the directory. */
    Database(Path directory, RocksStorageConfig config, Journal journal) {
        this.journal = journal;
        requireReadable(directory);
        NativeLibrary.load(directory);
        dropped = own(new DroppedBytes());
        writeOptions = own(new WriteOptions()
                .setSync(config.durability() == RocksStorageConfig.Sync.FSYNC)
                // the writing thread waits itself, so that it can be closed meanwhile
                .setNoSlowdown(true));
        try {
            LRUCache cache = own(new LRUCache(config.blockCache().bytes()));
            DBOptions options = own(options(config));
            List<ColumnFamilyDescriptor> families = new ArrayList<>();
            for (Table table : Table.values()) {
                families.add(new ColumnFamilyDescriptor(
                        table.family().getBytes(StandardCharsets.US_ASCII), own(options(table, config, cache))));
            }
            List<ColumnFamilyHandle> handles = new ArrayList<>();
            database = RocksDB.open(options, directory.toString(), families, handles);
            Iterator<ColumnFamilyHandle> each = handles.iterator();
            for (Table table : Table.values()) {
                tables.put(table, each.next());
            }
        } catch (RocksDBException refused) {
            free();
            throw notOpened(refused);
        }
    }

    /**
     * Writes a batch as a whole.
     *
     * @return false when it would have to wait until buffers are written to files: nothing was written
     * @throws RocksDBException when it may or may not have been written
     */
    boolean write(WriteBatch batch) throws RocksDBException {
        try {
            journal.write(database, writeOptions, batch);
            return true;
        } catch (RocksDBException failed) {
            if (Failures.isStall(failed)) {
                return false;
            }
            throw failed;
        }
    }

    /** A write waits for buffers to become files. */
    void stallBegins() {
        dropped.forgetFileError();
    }

    /** Why buffers cannot become files, since the stall began; empty when it only takes time. */
    String stallCause() {
        return dropped.fileError();
    }

    ColumnFamilyHandle handle(Table table) {
        ColumnFamilyHandle handle = tables.get(table);
        if (handle == null) {
            throw new IllegalStateException("table " + table + " is not open");
        }
        return handle;
    }

    <T> @Nullable T read(Read<T> read) throws RocksDBException {
        open.readLock().lock();
        try {
            if (closed) {
                throw new EventMeshException(ErrorCode.STORAGE_UNAVAILABLE, "database: closed (expected: open)");
            }
            return read.apply(database, tables);
        } finally {
            open.readLock().unlock();
        }
    }

    byte @Nullable [] get(Table table, byte[] key) throws RocksDBException {
        try {
            return read((db, handles) -> db.get(handle(table), key));
        } catch (RocksDBException failed) {
            if (!table.isMirrored() || !Failures.isDamage(failed)) {
                throw failed;
            }
            damaged(table.family() + ": " + Failures.text(failed));
            return read((db, handles) -> db.get(handle(Table.MIRROR), table.mirrored(key)));
        }
    }

    /** What stands there, its checksums aside; null when it cannot be read at all. */
    byte @Nullable [] unchecked(Table table, byte[] key) {
        try (ReadOptions options = new ReadOptions().setVerifyChecksums(false)) {
            return read((db, handles) -> db.get(handle(table), options, key));
        } catch (RocksDBException unreadable) {
            return null;
        }
    }

    /** Walks all entries whose keys begin with the prefix; of a mirrored table in the mirror when it is damaged. */
    void each(Table table, byte[] prefix, Entry entry) throws RocksDBException, DamagedException {
        try {
            walk(table, prefix, 0, (key, value) -> {});
        } catch (RocksDBException failed) {
            if (!table.isMirrored() || !Failures.isDamage(failed)) {
                throw failed;
            }
            damaged(table.family() + ": " + Failures.text(failed));
            walk(Table.MIRROR, table.mirrored(prefix), 1, entry);
            return;
        }
        walk(table, prefix, 0, entry);
    }

    private void walk(Table table, byte[] prefix, int skip, Entry entry) throws RocksDBException, DamagedException {
        DamagedException[] damaged = new DamagedException[1];
        read((db, handles) -> {
            try (ReadOptions options = new ReadOptions().setFillCache(false);
                    RocksIterator iterator = db.newIterator(handle(table), options)) {
                for (iterator.seek(prefix); iterator.isValid(); iterator.next()) {
                    byte[] key = iterator.key();
                    if (!Keys.startsWith(key, prefix)) {
                        break;
                    }
                    try {
                        entry.at(Arrays.copyOfRange(key, skip, key.length), iterator.value());
                    } catch (DamagedException found) {
                        damaged[0] = found;
                        break;
                    }
                }
                iterator.status();
            }
            return null;
        });
        if (damaged[0] != null) {
            throw damaged[0];
        }
    }

    /** Notes that stored bytes were found damaged. */
    void damaged(String what) {
        if (damage.isEmpty()) {
            log.warn("Stored bytes are damaged. cause={}", what);
            damage = what;
        }
    }

    /** The first damage that was found since it was opened; empty for none. */
    String damage() {
        return damage;
    }

    /** An entry of a table. */
    @FunctionalInterface
    interface Entry {
        void at(byte[] key, byte[] value) throws DamagedException;
    }

    /** What recovery had to leave out of the write-ahead log; empty for nothing. */
    String leftOut() {
        return dropped.text();
    }

    /** Bytes in files of large values, and those of them that nothing refers to any more. */
    long fileBytes() throws RocksDBException {
        return largeProperty("rocksdb.live-blob-file-size");
    }

    long garbageBytes() throws RocksDBException {
        return largeProperty("rocksdb.live-blob-file-garbage-size");
    }

    /** Whether what is alive is moved out of the oldest files. */
    void collectGarbage(boolean on) throws RocksDBException {
        MutableColumnFamilyOptions options = MutableColumnFamilyOptions.builder()
                .setEnableBlobGarbageCollection(on)
                .build();
        read((db, handles) -> {
            for (Table table : Table.values()) {
                if (table.isLarge()) {
                    db.setOptions(handle(table), options);
                }
            }
            return null;
        });
    }

    private long largeProperty(String name) throws RocksDBException {
        Long sum = read((db, handles) -> {
            long bytes = 0;
            for (Table table : Table.values()) {
                bytes += table.isLarge() ? db.getLongProperty(handle(table), name) : 0;
            }
            return bytes;
        });
        return sum == null ? 0 : sum;
    }

    @Override
    public void close() {
        open.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            tables.values().forEach(ColumnFamilyHandle::close);
            database.close();
            free();
        } finally {
            open.writeLock().unlock();
        }
    }

    private DBOptions options(RocksStorageConfig config) {
        return new DBOptions()
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                // damage is found by checksums all the same, but one damaged file does not refuse the rest
                .setParanoidChecks(false)
                .setWalRecoveryMode(WALRecoveryMode.SkipAnyCorruptedRecords)
                .setRecycleLogFileNum(4)
                .setMaxTotalWalSize(WRITE_BUFFERS * config.writeBuffer().bytes())
                .setMaxBackgroundJobs(2)
                .setMaxOpenFiles(256)
                .setAvoidFlushDuringShutdown(true)
                .setStatsDumpPeriodSec(0)
                .setKeepLogFileNum(2)
                .setMaxLogFileSize(1 << 20)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setLogger(dropped);
    }

    private ColumnFamilyOptions options(Table table, RocksStorageConfig config, LRUCache cache) {
        long buffer = table == Table.RECORDS ? config.writeBuffer().bytes() : SMALL_WRITE_BUFFER;
        ColumnFamilyOptions options = new ColumnFamilyOptions()
                .setWriteBufferSize(buffer)
                .setMaxWriteBufferNumber(table == Table.RECORDS ? WRITE_BUFFERS : 2)
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setLevelCompactionDynamicLevelBytes(true)
                .setMaxBytesForLevelBase(32L << 20)
                .setTargetFileSizeBase(8L << 20)
                // a damaged file that cannot be compacted makes reads slower, never stops writes
                .setLevel0SlowdownWritesTrigger(NEVER)
                .setLevel0StopWritesTrigger(NEVER)
                .setSoftPendingCompactionBytesLimit(0)
                .setHardPendingCompactionBytesLimit(0)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setCacheIndexAndFilterBlocks(true)
                        .setPinL0FilterAndIndexBlocksInCache(true)
                        .setFilterPolicy(own(new BloomFilter(10, false))));
        if (table.isLarge()) {
            options.setEnableBlobFiles(true)
                    .setMinBlobSize(INLINE_BYTES)
                    // only while there is too much: see Garbage
                    .setEnableBlobGarbageCollection(false)
                    .setBlobGarbageCollectionAgeCutoff(0.5)
                    .setBlobGarbageCollectionForceThreshold(0.5);
        }
        return options;
    }

    private <N extends AbstractNativeReference> N own(N made) {
        natives.push(made);
        return made;
    }

    private void free() {
        while (!natives.isEmpty()) {
            natives.pop().close();
        }
    }

    /** Refuses a directory that a later release wrote, before RocksDB touches it. */
    private static void requireReadable(Path directory) {
        Path file = directory.resolve(FORMAT_FILE);
        try {
            Files.createDirectories(directory);
            if (!Files.exists(file)) {
                DurableFile.write(file, FORMAT_NAME + " " + FORMAT + "\n");
                return;
            }
            String[] words = Files.readString(file).strip().split(" ", -1);
            if (words.length != 2 || !words[0].equals(FORMAT_NAME) || !words[1].matches("\\d{1,9}")) {
                throw new EventMeshException(
                        ErrorCode.DATA_CORRUPT,
                        "file rocksdb/%s: '%s' (expected: '%s' and a version)"
                                .formatted(FORMAT_FILE, String.join(" ", words), FORMAT_NAME));
            }
            int version = Integer.parseInt(words[1]);
            if (version > FORMAT) {
                throw new EventMeshException(
                        ErrorCode.STORAGE_UNAVAILABLE,
                        "format of rocksdb's data: %s (expected: %s or older, which this release reads)"
                                .formatted(version, FORMAT));
            }
        } catch (IOException failed) {
            throw new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE, "file rocksdb/%s cannot be used".formatted(FORMAT_FILE), failed);
        }
    }

    private static EventMeshException notOpened(RocksDBException refused) {
        String said = String.valueOf(refused.getMessage());
        if (said.contains("lock hold by current process") || said.contains("While lock file")) {
            return new EventMeshException(
                    ErrorCode.STORAGE_OWNED, "rocksdb's data: open in another process (expected: in none)", refused);
        }
        return new EventMeshException(
                Failures.isDamage(refused) ? ErrorCode.DATA_CORRUPT : ErrorCode.STORAGE_UNAVAILABLE,
                "rocksdb does not open: " + Failures.text(refused),
                refused);
    }
}
