package io.eventmesh.benchmarks.system;

import io.netty.channel.EventLoopGroup;

/**
 * The mesh on RocksDB with an fsync before each answer, publishing and delivering, beside a bare echo that appends the same
 * bytes to a file and forces it before each answer, and beside the mesh on its memory storage.
 */
final class Durable {
    private static final int[] PUBLISHERS = {16, 128};
    /** Of the memory storage's rate; beyond it the disk is not what bounds. */
    private static final double CPU_BOUND = 1.25;

    private final Servers servers;
    private final EventLoopGroup loop;

    Durable(Servers servers, EventLoopGroup loop) {
        this.servers = servers;
        this.loop = loop;
    }

    void print(int seconds, int rounds) throws Exception {
        try (ServerProcess appending =
                        servers.echo(EchoServer.class, servers.directory().toString());
                ServerProcess onMemory = servers.mesh("", "gRPC");
                ServerProcess onDisk = servers.mesh("", "gRPC", "storage.type=rocksdb")) {
            Trial raw = Trial.ofEcho(appending, loop);
            Trial memory = Trial.ofMesh(onMemory, loop);
            Trial disk = Trial.ofMesh(onDisk, loop);
            raw.warmUp(Setting.BASE);
            memory.warmUp(Setting.BASE);
            disk.warmUp(Setting.BASE);
            for (int publishers : PUBLISHERS) {
                Setting setting = Setting.BASE.outstanding(publishers);
                raw.warmUpFurther(setting);
                memory.warmUpFurther(setting);
                disk.warmUpFurther(setting);
                double ofRaw = ratio("a raw append", raw, disk, setting, seconds, rounds);
                double ofMemory = ratio("the memory storage", memory, disk, setting, seconds, rounds);
                System.out.printf(
                        "RocksDB, %d publishers: %.3f of the smaller of a raw append (%.3f of it) and %s of the memory "
                                + "storage (%.3f of it)%n",
                        publishers, Math.max(ofRaw, ofMemory / CPU_BOUND), ofRaw, CPU_BOUND, ofMemory);
            }
        }
    }

    private static double ratio(String name, Trial reference, Trial disk, Setting setting, int seconds, int rounds)
            throws Exception {
        System.out.printf("RocksDB with fsync beside %s, %d publishers%n", name, setting.outstanding());
        return Comparison.of(rounds, () -> reference.run(setting, seconds), () -> disk.run(setting, seconds))
                .ratio(Phase::delivered);
    }
}
