package io.eventmesh.storage.rocksdb;

/**
 * What all partitions share.
 *
 * @param pipe on which changes go to the disk
 * @param store the bytes of everything
 * @param tail the bytes of records in the heap
 * @param streamLimit bytes of one stream
 * @param maxAgeMillis of a record; 0 for any
 */
record LogEnvironment(CommitPipe pipe, Budget store, TailBudget tail, long streamLimit, long maxAgeMillis) {
    private static final int SEGMENTS = 1024;
    private static final int AGE_STEPS = 64;

    Marks newMarks() {
        long stepMillis = maxAgeMillis == 0 ? 0 : Math.max(1, maxAgeMillis / AGE_STEPS);
        return new Marks(Math.max(1, streamLimit / SEGMENTS), stepMillis);
    }
}
