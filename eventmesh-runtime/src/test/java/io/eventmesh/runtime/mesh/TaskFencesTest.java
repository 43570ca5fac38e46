package io.eventmesh.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class TaskFencesTest {
    private final ManualTime time = new ManualTime();
    private final List<TaskFence> raised = new ArrayList<>();
    private final List<String> called = new ArrayList<>();
    private final TaskFences fences = new TaskFences(raised::add, time);

    @Test
    void anOlderRightIsRefusedOnceANewerOneWasSeen() {
        fences.check(new TaskFence("t", 1, 1));
        fences.see(new TaskFence("t", 1, 2));

        assertThat(raised).containsExactly(new TaskFence("t", 1, 2));
        assertThat(fences.newest("t")).contains(new TaskFence("t", 1, 2));
        assertThatThrownBy(() -> fences.check(new TaskFence("t", 1, 1))).hasMessageContaining("(1, 2) or newer");
        assertThatCode(() -> fences.check(new TaskFence("t", 1, 2))).doesNotThrowAnyException();
    }

    @Test
    void aRightThatComesByACallFirstIsLookedUpInTheMetaStoreOnce() {
        fences.onCalled(called::add);

        fences.check(new TaskFence("t", 1, 1));
        fences.check(new TaskFence("t", 1, 1));
        fences.see(new TaskFence("u", 1, 1));
        fences.check(new TaskFence("u", 1, 1));

        assertThat(called).containsExactly("t");
    }

    @Test
    void aTaskThatIsGoneFromTheMetaStoreIsRememberedForAWhile() {
        fences.see(new TaskFence("t", 1, 5));
        fences.present(Set.of());

        assertThatThrownBy(() -> fences.check(new TaskFence("t", 1, 4))).hasMessageContaining("expected");
        time.advance(Duration.ofMinutes(11));
        fences.present(Set.of());

        assertThat(fences.newest("t")).isEmpty();
    }

    @Test
    void aTaskThatCameBackIsNotForgotten() {
        fences.see(new TaskFence("t", 1, 5));
        fences.present(Set.of());
        time.advance(Duration.ofMinutes(9));
        fences.present(Set.of("t"));
        time.advance(Duration.ofMinutes(9));
        fences.present(Set.of("t"));

        assertThat(fences.newest("t")).contains(new TaskFence("t", 1, 5));
    }
}
