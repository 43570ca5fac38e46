package io.eventmesh.admin.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.testkit.ManualTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FencesTest {
    private final MemoryMetaStore meta = new MemoryMetaStore();
    private final ManualTime time = new ManualTime();
    private final Fences fences = new Fences(meta, time, Duration.ofMinutes(1));

    private TaskFence raise(long term, long epoch) {
        return fences.raise(new TaskFence("t", term, epoch))
                .toCompletableFuture()
                .join();
    }

    private String there() {
        return meta.get(MetaPaths.FENCES + "/t")
                .toCompletableFuture()
                .join()
                .map(value -> new String(value.value(), StandardCharsets.UTF_8))
                .orElse("");
    }

    @Test
    void aFenceIsOnlyRaisedAndWhatIsPublishedIsAnswered() {
        TaskFence first = raise(2, 5);
        TaskFence again = raise(2, 5);
        TaskFence older = raise(1, 9);
        TaskFence newer = raise(3, 1);

        assertThat(first).isEqualTo(new TaskFence("t", 2, 5));
        assertThat(again).isEqualTo(first);
        assertThat(older).isEqualTo(first);
        assertThat(newer).isEqualTo(new TaskFence("t", 3, 1));
        assertThat(there()).isEqualTo("3:1");
    }

    @Test
    void theFenceOfAnEndedTaskRefusesItsLastOwnerForAWhile() {
        raise(2, 5);

        fences.bury(new TaskFence("t", 2, 5));
        String buried = there();
        time.advance(Duration.ofSeconds(59));
        String kept = there();
        time.advance(Duration.ofSeconds(2));

        assertThat(buried).isEqualTo("2:6");
        assertThat(kept).isEqualTo("2:6");
        assertThat(there()).isEmpty();
    }

    @Test
    void whatFormerLeadersLeftOfTasksThatThereAreNotIsForgottenAfterAWhile() {
        raise(2, 5);
        fences.raise(new TaskFence("present", 2, 5));
        fences.sweep(() -> Set.of("present"));

        String kept = there();
        time.advance(Duration.ofSeconds(61));

        assertThat(kept).isEqualTo("2:5");
        assertThat(there()).isEmpty();
        assertThat(meta.get(MetaPaths.FENCES + "/present").toCompletableFuture().join())
                .isPresent();
    }
}
