package io.eventmesh.tests.fault.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs small commands to their end. */
final class Commands {
    private static final int SECONDS = 20;

    private Commands() {}

    /** What a command printed, and how it ended. */
    record Result(int exit, String said) {}

    static Result result(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("%s: still runs after %d s".formatted(text(command), SECONDS));
            }
            return new Result(process.exitValue(), said.strip());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    static String text(List<String> command) {
        return String.join(" ", command);
    }
}
