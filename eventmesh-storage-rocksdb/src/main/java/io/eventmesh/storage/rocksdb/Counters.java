package io.eventmesh.storage.rocksdb;

/**
 * Numbers that only grow.
 *
 * @param runs how often the data was opened; the upper half of epochs
 * @param stream of the next stream
 * @param group of the next group
 */
record Counters(long runs, int stream, int group) {
    static final Counters NONE = new Counters(0, 1, 1);

    Counters withRun() {
        return new Counters(runs + 1, stream, group);
    }

    Counters withStream() {
        return new Counters(runs, stream + 1, group);
    }

    Counters withGroup() {
        return new Counters(runs, stream, group + 1);
    }

    byte[] stored() {
        return new BinaryWriter()
                .u8(Stored.VERSION)
                .i64(runs)
                .i32(stream)
                .i32(group)
                .bytes();
    }

    static Counters read(BinaryReader in) {
        in.u8();
        return new Counters(in.i64(), in.i32(), in.i32());
    }
}
