package io.eventmesh.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The machine's name without asking the network. */
final class HostName {
    private HostName() {}

    static String of(Map<String, String> environment) {
        for (String name : new String[] {"HOSTNAME", "COMPUTERNAME"}) {
            String value = environment.get(name);
            if (value != null && !value.isBlank()) {
                return value;
            }
        }
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException elsewhere) {
            return "runtime";
        }
    }
}
