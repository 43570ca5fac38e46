package io.eventmesh.runtime.admin;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How busy this process is, for the admin's placement. */
final class ProcessLoad {
    private final OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    /** 0..1 of the machine's processors, 0 while not known. */
    double cpu() {
        return Math.max(0, system.getProcessCpuLoad());
    }

    long heapUsed() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
