package io.eventmesh.tests.fault.net;

import java.util.Arrays;
import java.util.List;

/**
 * Faults that this machine cannot make and that were named as such by {@code -Dchaos.skip=one,two}. Every other fault
 * that cannot be made fails.
 */
public final class Skipped {
    private static final List<String> NAMES = Arrays.stream(
                    System.getProperty("chaos.skip", "").split("\\s*,\\s*", -1))
            .filter(name -> !name.isEmpty())
            .toList();

    private Skipped() {}

    public static boolean isSkipped(String fault) {
        return NAMES.contains(fault);
    }
}
