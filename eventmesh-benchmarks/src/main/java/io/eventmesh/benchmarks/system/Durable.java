package io.eventmesh.benchmarks.system;

import io.eventmesh.benchmarks.storage.RawAppend;
import io.eventmesh.common.time.MeshClock;
import io.netty.channel.EventLoopGroup;

/**
 * The mesh on RocksDB with an fsync before each answer, beside a raw append of the same bytes to a file that is forced as
 * often, and beside the mesh on its memory storage: publishing and delivering, over the wire.
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
        try (ServerProcess onMemory = servers.mesh("", "gRPC");
                ServerProcess onDisk = servers.mesh("", "gRPC", "storage.type=rocksdb")) {
            Trial memory = Trial.ofMesh(onMemory, loop);
            Trial disk = Trial.ofMesh(onDisk, loop);
            memory.warmUp(Setting.BASE);
            disk.warmUp(Setting.BASE);
            for (int publishers : PUBLISHERS) {
                print(memory, disk, Setting.BASE.outstanding(publishers), seconds, rounds);
            }
        }
    }

    private void print(Trial memory, Trial disk, Setting setting, int seconds, int rounds) throws Exception {
        System.out.printf("RocksDB with fsync, %d publishers%n", setting.outstanding());
        memory.warmUpFurther(setting);
        disk.warmUpFurther(setting);
        SampleEvent event = new SampleEvent("bench/raw", setting.payload());
        double[] raw = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            raw[round] = RawAppend.rate(servers.directory(), setting.outstanding(), seconds, event, MeshClock.system());
        }
        java.util.Arrays.sort(raw);
        double appended = raw[rounds / 2];
        Comparison comparison =
                Comparison.of(rounds, () -> memory.run(setting, seconds), () -> disk.run(setting, seconds));
        double delivered = comparison.candidate().delivered();
        double ofMemory = comparison.ratio(Phase::delivered);
        double bound = Math.min(appended, CPU_BOUND * delivered / ofMemory);
        System.out.printf(
                "RocksDB, %d publishers: %.3f of the smaller of a raw append (%,.0f/s) and 1.25 of the memory storage "
                        + "(%.3f of it)%n",
                setting.outstanding(), delivered / bound, appended, ofMemory);
    }
}
