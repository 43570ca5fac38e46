package io.eventmesh.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** When a command that receives has received enough. Thread-safe once the command line was read. */
final class Ending {
    @Option(names = "--count", description = "Ends after so many events; exit code 1 when they do not come in time.")
    int count;

    @Option(names = "--wait", description = "Ends after this time, in seconds (with a unit: 500ms, 2m).")
    @Nullable
    String wait;

    /** Reaches zero after so many events. */
    CountDownLatch countdown() {
        return new CountDownLatch(count > 0 ? count : Integer.MAX_VALUE);
    }

    /** Waits for the end; the exit code. */
    int await(CountDownLatch left) throws InterruptedException {
        if (wait == null) {
            left.await();
            return 0;
        }
        boolean all = left.await(Times.duration("--wait", wait).toMillis(), TimeUnit.MILLISECONDS);
        return all || count == 0 ? 0 : CliException.FAILED;
    }
}
