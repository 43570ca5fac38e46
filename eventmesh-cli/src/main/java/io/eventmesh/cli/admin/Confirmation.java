package io.eventmesh.cli.admin;

import io.eventmesh.cli.CliException;

/** What must be typed twice, because it cannot be undone. Stateless. */
final class Confirmation {
    private Confirmation() {}

    static void require(String option, String name, String typed) {
        if (!typed.equals(name)) {
            throw new CliException(
                    CliException.USAGE,
                    "%s: %s (expected: %s)".formatted(option, typed, name),
                    "type the name once more when you mean it");
        }
    }
}
