package io.eventmesh.protocol.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnackedTailTest {
    private final ManualTime time = new ManualTime();
    private final UnackedTail tail = new UnackedTail(time);
    private final List<String> done = new ArrayList<>();
    private final UnackedTail.Origin orders = deliveries -> done.add("orders " + Arrays.toString(deliveries));
    private final UnackedTail.Origin stock = deliveries -> done.add("stock " + Arrays.toString(deliveries));

    @Test
    void whatLiesFarBehindIsDoneTogetherAsLongAsItIsOfOneOrigin() {
        int far = (int) UnackedTail.DONE_AFTER_BYTES / 4;
        tail.written(orders, 1, far);
        tail.written(orders, 2, far);
        tail.written(stock, 3, far);
        tail.written(orders, 4, far);
        assertThat(tail.hasFar()).isFalse();
        tail.written(orders, 5, 2 * far);
        assertThat(tail.hasFar()).isTrue();
        tail.finishFar();
        assertThat(done).containsExactly("orders [1, 2]");

        tail.written(stock, 6, 4 * far);
        tail.finishFar();

        assertThat(done).containsExactly("orders [1, 2]", "stock [3]", "orders [4, 5]");
        assertThat(tail.hasFar()).isFalse();
        assertThat(tail.isEmpty()).isFalse();
    }

    @Test
    void smallEventsAreDoneByTheirNumber() {
        for (int i = 0; i < UnackedTail.DONE_AFTER_EVENTS; i++) {
            tail.written(orders, i, 1);
        }
        assertThat(tail.hasFar()).isFalse();
        tail.written(stock, 7_000, 1);
        assertThat(tail.hasFar()).isTrue();

        tail.finishFar();

        assertThat(done).containsExactly("orders [0]");
    }

    @Test
    void theLastOnesAreDoneByTime() {
        tail.written(orders, 1, 10);
        time.advance(Duration.ofSeconds(1));
        tail.written(orders, 2, 10);
        time.advance(Duration.ofSeconds(1));
        tail.finishOld();
        assertThat(done).containsExactly("orders [1]");

        time.advance(Duration.ofSeconds(1));
        tail.finishOld();

        assertThat(done).containsExactly("orders [1]", "orders [2]");
        assertThat(tail.isEmpty()).isTrue();
    }
}
