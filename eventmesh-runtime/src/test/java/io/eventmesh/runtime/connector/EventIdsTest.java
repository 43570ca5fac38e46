package io.eventmesh.runtime.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class EventIdsTest {
    /** Computed by another program: base32(sha256(length + connector, length + partition, length + position, index)). */
    @Test
    void idsAreTheSameForEver() {
        EventIds orders = new EventIds("default", "orders");

        assertThat(orders.id("in.log", "42".getBytes(UTF_8), 0))
                .isEqualTo("4ct6zfhbqscwr3rzo5nevkjkga4jkhu6op3c5e54rpwx5g45aveq");
        assertThat(orders.id("in.log", "42".getBytes(UTF_8), 1))
                .isEqualTo("slkpqvkajtnpxbetf2sbjvhdq7cnli7dfljap3xeychkyx2d45nq");
        assertThat(new EventIds("shop", "ü").id("", new byte[] {0, (byte) 0xff}, 7))
                .isEqualTo("r465kwb6yuk6p3q5xg2upwjt7ddgtv622tke2cmimdig75bpjb5a");
    }

    @Test
    void partsThatReadAlikeWhenJoinedAreToldApart() {
        EventIds ids = new EventIds("default", "c");

        assertThat(ids.id("ab", "c".getBytes(UTF_8), 0)).isNotEqualTo(ids.id("a", "bc".getBytes(UTF_8), 0));
        assertThat(new EventIds("a", "b/c").id("p", new byte[0], 0))
                .isNotEqualTo(new EventIds("a", "b").id("/cp", new byte[0], 0));
    }
}
