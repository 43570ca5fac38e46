package io.eventmesh.common.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LifeCycleTest {
    private final List<String> told = new ArrayList<>();
    private final LifeCycle lifeCycle = new LifeCycle();

    @Test
    void componentsStartInOrderAndCloseInReverse() {
        lifeCycle.startAll(List.of(good("a"), good("b"), good("c")));
        assertThat(lifeCycle.components()).extracting(Component::name).containsExactly("a", "b", "c");

        lifeCycle.close();
        lifeCycle.close();

        assertThat(told).containsExactly("start a", "start b", "start c", "close c", "close b", "close a");
        assertThat(lifeCycle.components()).isEmpty();
    }

    @Test
    void aFailedStartClosesWhatWasStartedAndTheOneThatFailed() {
        lifeCycle.start(good("a"));

        assertThatThrownBy(() -> lifeCycle.start(part("b", true, false))).hasMessage("start b");

        assertThat(told).containsExactly("start a", "start b", "close b", "close a");
        assertThat(lifeCycle.components()).isEmpty();
    }

    @Test
    void laterFailuresAreKeptAsSuppressed() {
        lifeCycle.start(part("a", false, true));

        assertThatThrownBy(() -> lifeCycle.start(part("b", true, true)))
                .hasMessage("start b")
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .extracting(Throwable::getMessage)
                        .containsExactly("close b", "close a"));
    }

    @Test
    void eachComponentGetsItsChanceToClose() {
        lifeCycle.startAll(List.of(good("a"), part("b", false, true), good("c")));

        lifeCycle.close();

        assertThat(told).endsWith("close c", "close b", "close a");
    }

    private Component good(String name) {
        return part(name, false, false);
    }

    private Component part(String name, boolean startFails, boolean closeFails) {
        return new Component() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public void start() {
                tell("start " + name, startFails);
            }

            @Override
            public Health health() {
                return Health.up();
            }

            @Override
            public void close() {
                tell("close " + name, closeFails);
            }
        };
    }

    private void tell(String what, boolean fails) {
        told.add(what);
        if (fails) {
            throw new IllegalStateException(what);
        }
    }
}
