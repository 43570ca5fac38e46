package io.eventmesh.sdk.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.testkit.ManualTime;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LinksTest {
    private final ManualTime time = new ManualTime();
    private final Links links = links(1);

    private Links links(long seed) {
        return new Links(
                address -> NettyChannelBuilder.forTarget(address).usePlaintext().build(),
                time,
                new SplittableRandom(seed));
    }

    @AfterEach
    void close() {
        links.close();
    }

    private static List<MeshEndpoint> runtimes(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new MeshEndpoint("r" + i, "127.0.0.1:" + (i + 1), ""))
                .toList();
    }

    private static String use(Links of) {
        return Objects.requireNonNull(of.current()).endpoint().runtime();
    }

    private void fail() {
        links.failed(Objects.requireNonNull(links.current()));
    }

    @Test
    void clientsSpreadOverTheRuntimes() {
        Set<String> chosen = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            Links one = links(i);
            one.update(runtimes(3));
            chosen.add(use(one));
            one.close();
        }

        assertThat(chosen).containsExactlyInAnyOrder("r0", "r1", "r2");
    }

    @Test
    void aRuntimeThatComesNewGetsItsShareOfTheClients() {
        int moved = 0;
        for (int i = 0; i < 300; i++) {
            Links one = links(i);
            one.update(runtimes(2));
            Links.Link before = Objects.requireNonNull(one.current());
            one.update(runtimes(3));
            if (one.isCurrent(before)) {
                assertThat(before.channel().isShutdown()).isFalse();
            } else {
                assertThat(use(one)).isEqualTo("r2");
                assertThat(before.channel().isShutdown()).isTrue();
                moved++;
            }
            one.update(runtimes(2));
            one.close();
        }

        assertThat(moved).isBetween(60, 140);
    }

    @Test
    void aRuntimeThatFailedIsAvoidedAsLongAsAnotherHasNot() {
        links.update(runtimes(2));
        String first = use(links);
        fail();
        String second = use(links);

        assertThat(second).isNotEqualTo(first);
        time.advance(Duration.ofSeconds(1));
        fail();
        assertThat(use(links)).isEqualTo(first);
        assertThat(links.hasFresh()).isFalse();
    }

    @Test
    void anOldFailureSaysNothingAnyMore() {
        links.update(runtimes(3));
        Set<String> failed = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            failed.add(use(links));
            fail();
        }
        assertThat(failed).hasSize(3);
        assertThat(links.hasFresh()).isFalse();

        time.advance(Duration.ofSeconds(10));

        assertThat(links.hasFresh()).isTrue();
    }

    @Test
    void aLinkThatWasLeftFailsNoOther() {
        links.update(runtimes(2));
        Links.Link left = Objects.requireNonNull(links.current());
        links.failed(left);
        String second = use(links);

        links.failed(left);

        assertThat(use(links)).isEqualTo(second);
    }

    @Test
    void aRuntimeThatWasWithdrawnAndCameBackIsAsGoodAsNew() {
        links.update(runtimes(1));
        fail();
        assertThat(links.hasFresh()).isFalse();

        links.update(List.of());
        assertThat(links.current()).isNull();
        links.update(runtimes(1));

        assertThat(links.hasFresh()).isTrue();
        assertThat(use(links)).isEqualTo("r0");
    }
}
