package io.eventmesh.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.testkit.ComponentContractTest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeIdentityTest extends ComponentContractTest {
    @TempDir
    private Path data;

    @Override
    protected Component component() {
        return identity("laptop");
    }

    @Override
    protected Optional<Path> directory() {
        return Optional.of(data);
    }

    @Test
    void theSecondRuntimeOfADataDirectoryTakesTheNextSlot() {
        RuntimeIdentity first = identity("laptop");
        RuntimeIdentity second = identity("laptop");
        first.start();
        second.start();

        assertThat(first.directory()).isEqualTo(data.resolve("runtimes/0"));
        assertThat(second.directory()).isEqualTo(data.resolve("runtimes/1"));
        assertThat(second.id()).isNotEqualTo(first.id());

        first.close();
        RuntimeIdentity third = identity("laptop");
        third.start();
        assertThat(third.id()).isEqualTo(first.id());
        second.close();
        third.close();
    }

    @Test
    void aSlotThatAnotherProcessLockedIsPassedOver() throws Exception {
        Path slot = Files.createDirectories(data.resolve("runtimes/0"));
        Process other = lockElsewhere(slot.resolve("lock"));
        try {
            RuntimeIdentity identity = identity("laptop");
            identity.start();

            assertThat(identity.directory()).isEqualTo(data.resolve("runtimes/1"));
            identity.close();
        } finally {
            other.destroyForcibly().waitFor();
        }
    }

    @Test
    void aHostNameThatIsNoPathLevelIsMadeOne() {
        RuntimeIdentity identity = identity("Ünïcode host_1.example.org");
        identity.start();

        assertThat(identity.id()).matches("-n-code-host-1-[0-9a-f]{4}");
        identity.close();
    }

    @Test
    void aSpoiledIdIsMadeAnew() throws IOException {
        Path slot = Files.createDirectories(data.resolve("runtimes/0"));
        Files.writeString(slot.resolve("id"), "no/good\n");
        RuntimeIdentity identity = identity("laptop");
        identity.start();

        assertThat(identity.id()).startsWith("laptop-");
        assertThat(slot.resolve("id")).hasContent(identity.id());
        identity.close();
    }

    @Test
    void askingForTheIdBeforeStartIsADefect() {
        assertThatThrownBy(identity("laptop")::id).isInstanceOf(IllegalStateException.class);
    }

    private RuntimeIdentity identity(String host) {
        return new RuntimeIdentity(data, host, new Random());
    }

    private static Process lockElsewhere(Path file) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Locker.class.getName(),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        assertThat(process.getInputStream().read()).isEqualTo('L');
        return process;
    }

    /** Another process that holds a lock. */
    static final class Locker {
        public static void main(String[] arguments) throws Exception {
            try (FileChannel channel =
                    FileChannel.open(Path.of(arguments[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                System.out.print(channel.tryLock() == null ? "-" : "L");
                System.out.flush();
                System.in.read();
            }
        }
    }
}
