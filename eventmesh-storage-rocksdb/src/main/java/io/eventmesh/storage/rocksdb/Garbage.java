package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.time.MeshClock;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has freed events' bytes collected when they are too many. Events are freed in the order they came, so that nearly all
 * files empty by themselves, and collecting always would copy for nothing what is about to go; but a file goes only with
 * its last event, and what an idle stream keeps in it holds the others' bytes. Then, and until it is better, RocksDB moves
 * what is alive out of the oldest files. The writing thread's.
 */
final class Garbage {
    private static final Logger log = LoggerFactory.getLogger(Garbage.class);
    private static final long EVERY_NANOS = 2_000_000_000L;

    private final Database database;
    private final MeshClock clock;
    private final long tolerated;
    private long lookedAt;
    private boolean collecting;

    /** @param tolerated bytes of garbage that are no matter */
    Garbage(Database database, long tolerated, MeshClock clock) {
        this.database = database;
        this.tolerated = tolerated;
        this.clock = clock;
        this.lookedAt = clock.nanoTime();
    }

    /** Looks, if the last look is a while ago. */
    void refresh() {
        long now = clock.nanoTime();
        if (now - lookedAt < EVERY_NANOS) {
            return;
        }
        lookedAt = now;
        try {
            long garbage = database.garbageBytes();
            long all = database.fileBytes();
            boolean much = garbage > tolerated && garbage > all / (collecting ? 4 : 2);
            if (much != collecting) {
                database.collectGarbage(much);
                collecting = much;
                log.debug("Collecting of freed events. on={} garbageBytes={} fileBytes={}", much, garbage, all);
            }
        } catch (RocksDBException failed) {
            log.warn("Freed events are not collected, trying again. cause={}", Failures.text(failed));
        }
    }
}
