package io.eventmesh.runtime.admin;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How busy this process is, for the admin's placement. Used by one thread at a time. */
final class ProcessLoad {
    private static final double SMOOTHING = 0.3;
    private static final long SHORTEST_NANOS = 200_000_000;

    private final OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private long lastNanos;
    private long lastCpuNanos = -1;
    private double cpuMillis;

    /** 0..1 of the machine's processors, 0 while not known. */
    double cpu() {
        return Math.max(0, system.getProcessCpuLoad());
    }

    /** Processor milliseconds a second, smoothed over the calls; 0 while not known. */
    long cpuMillis(long now) {
        long used = system.getProcessCpuTime();
        if (used < 0) {
            return 0;
        }
        if (lastCpuNanos < 0) {
            lastCpuNanos = used;
            lastNanos = now;
        } else if (now - lastNanos >= SHORTEST_NANOS) {
            double last = (used - lastCpuNanos) * 1e3 / (now - lastNanos);
            cpuMillis = cpuMillis == 0 ? last : cpuMillis + SMOOTHING * (last - cpuMillis);
            lastCpuNanos = used;
            lastNanos = now;
        }
        return Math.round(cpuMillis);
    }

    long heapUsed() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
