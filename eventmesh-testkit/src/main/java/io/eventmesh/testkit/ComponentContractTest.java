package io.eventmesh.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What every {@link Component} promises; to be extended by the tests of each. */
public abstract class ComponentContractTest {

    /** A new component that was never started. What it depends on is ready. */
    protected abstract Component component();

    /** An empty directory that the component may write to once it is started, if it has one. */
    protected Optional<Path> directory() {
        return Optional.empty();
    }

    @Test
    void itHasANameBeforeItIsStarted() {
        Component component = component();

        assertThat(component.name()).matches("[a-z0-9-]{1,64}");
    }

    @Test
    void aConstructorStartsNoThreadAndWritesNoFile() throws IOException {
        Threads threads = Threads.now();
        List<Path> filesBefore = files();

        component();

        assertThat(threads.since()).isEmpty();
        assertThat(files()).isEqualTo(filesBefore);
    }

    @Test
    void closingBeforeStartDoesNothing() throws IOException {
        Component component = component();
        List<Path> filesBefore = files();

        assertThatCode(() -> {
                    component.close();
                    component.close();
                })
                .doesNotThrowAnyException();

        assertThat(files()).isEqualTo(filesBefore);
    }

    @Test
    void closingAgainDoesNothing() {
        Component component = component();
        component.start();

        component.close();

        assertThatCode(component::close).doesNotThrowAnyException();
    }

    @Test
    void noThreadIsLeftAfterClose() {
        Component dependencies = component();
        dependencies.close();
        Component component = component();
        Threads threads = Threads.now();
        component.start();

        component.close();

        threads.assertNoneLeft();
    }

    @Test
    void healthCanBeAskedAtAnyTimeByAnyThread() throws Exception {
        Component component = component();
        assertThat(healthFromElsewhere(component)).isNotNull();

        component.start();
        try {
            assertThat(healthFromElsewhere(component).state()).isNotEqualTo(Health.State.DOWN);
        } finally {
            component.close();
        }

        assertThat(healthFromElsewhere(component)).isNotNull();
    }

    @Test
    void anotherThreadMayClose() throws Exception {
        Component component = component();
        component.start();

        CompletableFuture.runAsync(component::close).get(20, TimeUnit.SECONDS);

        assertThatCode(component::close).doesNotThrowAnyException();
    }

    private List<Path> files() throws IOException {
        if (directory().isEmpty()) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(directory().get())) {
            return files.sorted().toList();
        }
    }

    private static Health healthFromElsewhere(Component component) throws Exception {
        return CompletableFuture.supplyAsync(component::health).get(5, TimeUnit.SECONDS);
    }
}
