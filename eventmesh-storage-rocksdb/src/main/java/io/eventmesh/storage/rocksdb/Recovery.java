package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Progress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds what the database holds, from facts and the last entry of each partition's index; it reads no record. */
final class Recovery {
    private static final Logger log = LoggerFactory.getLogger(Recovery.class);
    /** Offsets that are left out where the end of a partition is lost, so that none is used twice. */
    private static final long LOST_END = 1 << 20;

    private record Place(int stream, int partition) {}

    private record Cursors(int group, Place place) {}

    private final Database database;
    private final LogEnvironment environment;
    private final ChunkIndex index;
    private final Map<Integer, LogStream> streams = new HashMap<>();
    private final Map<Integer, Group> groups = new HashMap<>();
    private final Map<Cursors, Progress> progress = new HashMap<>();

    Recovery(Database database, LogEnvironment environment) {
        this.database = database;
        this.environment = environment;
        this.index = new ChunkIndex(database);
    }

    Counters counters() throws RocksDBException, DamagedException {
        byte[] stored = database.get(Table.FACTS, Keys.counters());
        return stored == null ? Counters.NONE : BinaryReader.read(stored, Counters::read);
    }

    void into(Catalog catalog) throws RocksDBException, DamagedException {
        streams();
        groups();
        paused();
        progress();
        for (LogStream stream : streams.values()) {
            catalog.recovered(stream);
        }
        Map<StreamName, LogStream> byName = new HashMap<>();
        streams.values().forEach(stream -> byName.put(stream.name(), stream));
        for (Group group : groups.values()) {
            for (StreamName name : group.streams()) {
                LogStream stream = byName.get(name);
                if (stream != null) {
                    join(group, stream);
                }
            }
            catalog.recovered(group);
        }
        parked();
    }

    private void streams() throws RocksDBException, DamagedException {
        database.each(Table.FACTS, Keys.all(Keys.STREAM), (key, value) -> {
            Stored.Stream found = BinaryReader.read(value, Stored::stream);
            int id = ByteBuffer.wrap(key).getInt(1);
            streams.put(id, new LogStream(id, found.name(), found.settings(), environment));
        });
        database.each(Table.FACTS, Keys.all(Keys.BASE), (key, value) -> {
            PartitionLog partition = partition(key);
            if (partition != null) {
                ByteBuffer in = ByteBuffer.wrap(value);
                partition.recoveredBase(in.getLong(), in.getLong());
            }
        });
        database.each(Table.FACTS, Keys.all(Keys.MARK), (key, value) -> {
            PartitionLog partition = partition(key);
            if (partition != null) {
                ByteBuffer in = ByteBuffer.wrap(value);
                partition.recoveredMark(ByteBuffer.wrap(key).getLong(9), in.getLong(), in.getLong());
            }
        });
        for (LogStream stream : streams.values()) {
            for (PartitionLog partition : stream.logs()) {
                end(partition);
            }
        }
    }

    private @Nullable PartitionLog partition(byte[] key) {
        ByteBuffer in = ByteBuffer.wrap(key, 1, 8);
        LogStream stream = streams.get(in.getInt());
        int index = in.getInt();
        return stream == null || index >= stream.logs().length ? null : stream.logs()[index];
    }

    private void end(PartitionLog partition) throws RocksDBException {
        try {
            ChunkEntry last = index.last(partition);
            if (last != null) {
                partition.recoveredEnd(last.end(), last.bytesBefore() + last.bytes(), last.millis());
            }
        } catch (RocksDBException failed) {
            if (!Failures.isDamage(failed)) {
                throw failed;
            }
            log.warn(
                    "End of a partition is damaged, offsets are left out. partition={} cause={}",
                    partition.id(),
                    Failures.text(failed));
            partition.recoveredLoss(LOST_END);
        }
        partition.recovered();
    }

    private void groups() throws RocksDBException, DamagedException {
        database.each(Table.FACTS, Keys.all(Keys.GROUP), (key, value) -> {
            Stored.Subscription found = BinaryReader.read(value, Stored::group);
            int id = ByteBuffer.wrap(key).getInt(1);
            Group group = new Group(id, found.name(), found.terms());
            group.streams().addAll(found.streams());
            groups.put(id, group);
        });
        database.each(Table.FACTS, Keys.all(Keys.GAPS), (key, value) -> {
            Group group = groups.get(ByteBuffer.wrap(key).getInt(1));
            List<Gap> gaps = new ArrayList<>(BinaryReader.read(value, Stored::gaps));
            if (group != null) {
                group.recovered(gaps);
            }
        });
    }

    private void paused() throws RocksDBException, DamagedException {
        database.each(Table.FACTS, Keys.all(Keys.PAUSED), (key, value) -> {
            Group group = groups.get(ByteBuffer.wrap(key).getInt(1));
            if (group != null) {
                group.paused(true);
            }
        });
    }

    private void progress() throws RocksDBException, DamagedException {
        database.each(Table.FACTS, Keys.all(Keys.PROGRESS), (key, value) -> {
            ByteBuffer in = ByteBuffer.wrap(key, 1, 12);
            Cursors of = new Cursors(in.getInt(), new Place(in.getInt(), in.getInt()));
            progress.put(of, BinaryReader.read(value, Stored::progress));
        });
    }

    private void join(Group group, LogStream stream) {
        for (PartitionLog partition : stream.logs()) {
            Cursors of = new Cursors(
                    group.id(), new Place(stream.id(), partition.id().index()));
            Progress stored = progress.getOrDefault(of, Progress.at(partition.base()));
            synchronized (partition) {
                long reach = stored.watermark()
                        + (stored.ackedAbove() == 0 ? 0 : stored.acked().length());
                if (reach > partition.end()) {
                    log.warn(
                            "Events at the end of a partition are lost, their offsets are left out. partition={} from={} to={}",
                            partition.id(),
                            partition.end(),
                            reach);
                    partition.recoveredEnd(reach, 0, 0);
                }
                Cursor cursor = new Cursor(group, partition, environment.pipe(), stored);
                partition.add(cursor);
                group.cursors().put(partition.id(), cursor);
                cursor.overtaken(partition.base(), Gap.Why.RETENTION);
            }
        }
    }

    private void parked() throws RocksDBException, DamagedException {
        AtomicBoolean left = new AtomicBoolean();
        database.each(Table.TICKETS, new byte[0], (key, value) -> {
            Group group = groups.get(Keys.groupOf(key));
            if (Keys.isPassing(Keys.groupOf(key))) {
                left.setPlain(true);
            }
            if (group != null) {
                int size = BinaryReader.read(value, in -> Stored.ticket(Keys.position(key), in))
                        .size();
                group.parked().incrementAndGet();
                environment.store().force(size);
            }
        });
        if (left.getPlain()) {
            environment.pipe().offer(new FactChange(batch -> {
                batch.deleteAll(Table.TICKETS, Keys.all(Keys.PASSING));
                batch.deleteAll(Table.PARKED, Keys.all(Keys.PASSING));
            }));
        }
    }
}
