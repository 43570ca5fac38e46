package io.eventmesh.storage.rocksdb;

import static io.eventmesh.storage.rocksdb.Fixture.FIRST;
import static io.eventmesh.storage.rocksdb.Fixture.GROUP;
import static io.eventmesh.storage.rocksdb.Fixture.ORDERS;
import static io.eventmesh.storage.rocksdb.Fixture.await;
import static io.eventmesh.storage.rocksdb.Fixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.storage.RecordFixture;
import io.eventmesh.testkit.storage.RecordingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RocksRetentionTest {
    private static final StreamName BILLS = new StreamName("default", "bills");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path data;

    private final ManualTime clock = new ManualTime();

    private Fixture open(long bytes, long streamBytes, Duration age) {
        return new Fixture(new RocksStorage(TightStorage.config(bytes, streamBytes, age, 0), clock, data), clock);
    }

    @Test
    void whatIsTooOldIsAGapForAGroupThatHasNotReadIt() {
        Gap gap = new Gap(FIRST, 0, 2, 2, Gap.Why.RETENTION);
        try (Fixture fixture = open(1 << 20, 1 << 20, Duration.ofHours(1)).prepared()) {
            fixture.append("1", "2");
            RecordingListener listener = new RecordingListener();
            await(fixture.storage.openReader(GROUP, listener));
            clock.advance(Duration.ofMinutes(61));

            fixture.append("3");

            eventually(() -> assertThat(listener.gaps()).containsExactly(gap));
            assertThat(fixture.storage.group(GROUP).orElseThrow().gaps()).containsExactly(gap);
            assertThat(fixture.storage.stream(ORDERS).orElseThrow().events()).isEqualTo(1);
        }

        try (Fixture fixture = open(1 << 20, 1 << 20, Duration.ofHours(1))) {
            assertThat(fixture.storage.group(GROUP).orElseThrow().gaps()).containsExactly(gap);
            assertThat(fixture.storage.stream(ORDERS).orElseThrow().events()).isEqualTo(1);
            RecordingListener listener = fixture.readAll(1);
            assertThat(listener.ids()).containsExactly("3");
            assertThat(listener.gaps()).isEmpty();
        }
    }

    @Test
    void ageCountsFromTheAppendAlsoAfterReopening() {
        try (Fixture fixture = open(1 << 20, 1 << 20, Duration.ofHours(1)).prepared()) {
            fixture.append("1");
            clock.advance(Duration.ofMinutes(40));
            fixture.append("2");
        }
        clock.advance(Duration.ofMinutes(30));

        try (Fixture fixture = open(1 << 20, 1 << 20, Duration.ofHours(1))) {
            assertThat(fixture.storage.stream(ORDERS).orElseThrow().events()).isEqualTo(1);
            assertThat(fixture.readAll(1).ids()).containsExactly("2");
        }
    }

    @Test
    void theBoundOfAllStreamsCountsThemTogether() {
        try (Fixture fixture = open(40_000, 40_000, Duration.ZERO).prepared()) {
            await(fixture.storage.createStream(BILLS, new StreamSettings(1)));
            await(fixture.storage.createGroup(
                    Fixture.group("bills"), Set.of(BILLS), DeliveryTerms.DEFAULT, Start.earliest()));
            RecordFixture bills = RecordFixture.of(BILLS, clock).padding(1_000);
            fixture.orders.padding(1_000);
            for (int i = 0; i < 15; i++) {
                fixture.append("e" + i);
                await(fixture.storage
                        .append(BILLS, List.of(bills.record("b" + i)), 0)
                        .get(0));
            }

            assertThatThrownBy(() -> {
                        for (int i = 0; i < 15; i++) {
                            fixture.append("more" + i);
                        }
                    })
                    .isInstanceOfSatisfying(EventMeshException.class, refused -> {
                        assertThat(refused.code()).isEqualTo(ErrorCode.STORAGE_FULL);
                        assertThat(refused.retryAfter()).isPositive();
                    });
            finishAll(fixture);
            fixture.append("again");
        }
    }

    private static void finishAll(Fixture fixture) {
        RecordingListener listener = new RecordingListener();
        GroupReader reader = fixture.read(listener);
        long events = fixture.storage.group(GROUP).orElseThrow().lagEvents();
        eventually(() -> assertThat(listener.records()).hasSize((int) events));
        fixture.commit(
                reader,
                listener,
                listener.records().get((int) events - 1).position().offset() + 1);
        reader.close();
    }

    @Test
    void theDiskIsGivenBack() throws IOException {
        long bound = 8 << 20;
        try (Fixture fixture = open(bound, bound, Duration.ZERO).prepared()) {
            fixture.orders.padding(100_000);
            RecordingListener listener = new RecordingListener();
            GroupReader reader = fixture.read(listener);
            for (int i = 0; i < 800; i++) {
                long offset = fixture.append("e" + i).get(0).offset();
                if (i % 20 == 19) {
                    fixture.commit(reader, listener, offset + 1);
                }
            }
            assertThat(fixture.storage.group(GROUP).orElseThrow().gaps()).isEmpty();
            assertThat(fixture.storage.stream(ORDERS).orElseThrow().bytes()).isLessThanOrEqualTo(bound);
            eventually(() -> assertThat(size()).isLessThan(6 * bound));
        }
    }

    @Test
    void whatAnIdleStreamKeepsDoesNotKeepTheBytesOfOthers() throws IOException {
        long bound = 8 << 20;
        RecordFixture bills = RecordFixture.of(BILLS, clock).padding(600);
        try (Fixture fixture = open(bound, bound, Duration.ZERO).prepared()) {
            await(fixture.storage.createStream(BILLS, new StreamSettings(1)));
            await(fixture.storage.createGroup(
                    Fixture.group("bills"), Set.of(BILLS), DeliveryTerms.DEFAULT, Start.earliest()));
            fixture.orders.padding(100_000);
            RecordingListener listener = new RecordingListener();
            GroupReader reader = fixture.read(listener);
            for (int i = 0; i < 1_200; i++) {
                long offset = fixture.append("e" + i).get(0).offset();
                if (i % 10 == 9) {
                    await(fixture.storage
                            .append(BILLS, List.of(bills.record("b" + i)), 0)
                            .get(0));
                    fixture.commit(reader, listener, offset + 1);
                    clock.advance(Duration.ofSeconds(3));
                }
            }
            eventually(() -> {
                clock.advance(Duration.ofSeconds(3));
                assertThat(size()).isLessThan(6 * bound);
            });
            assertThat(fixture.storage.stream(BILLS).orElseThrow().events()).isEqualTo(120);
        }
    }

    /** What records take on disk; logs, which are kept to be written again, are not among it. */
    private long size() throws IOException {
        try (Stream<Path> files = Files.list(data)) {
            long sum = 0;
            for (Path file :
                    files.filter(any -> !any.toString().endsWith(".log")).toList()) {
                sum += Files.exists(file) ? Files.size(file) : 0;
            }
            return sum;
        }
    }

    @Test
    void whatWasFreedStaysFreedAndOffsetsGoOn() {
        long last;
        try (Fixture fixture = open(20_000, 20_000, Duration.ZERO)) {
            await(fixture.storage.createStream(ORDERS, new StreamSettings(1)));
            fixture.orders.padding(1_000);
            for (int i = 0; i < 100; i++) {
                fixture.append("e" + i);
            }
            last = fixture.append("last").get(0).offset();
        }

        try (Fixture fixture = open(20_000, 20_000, Duration.ZERO)) {
            long events = fixture.storage.stream(ORDERS).orElseThrow().events();
            assertThat(events).isBetween(5L, 20L);
            assertThat(fixture.storage.stream(ORDERS).orElseThrow().bytes()).isLessThanOrEqualTo(20_000);
            assertThat(fixture.append("next").get(0).offset()).isEqualTo(last + 1);
            await(fixture.storage.createGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.earliest()));
            assertThat(fixture.readAll(
                                    fixture.storage.stream(ORDERS).orElseThrow().events())
                            .ids())
                    .endsWith("e99", "last", "next");
        }
    }

    @Test
    void aStartInTimeIsFoundAmongManyRecordsOnTheDisk() {
        Instant middle;
        try (Fixture fixture = open(64 << 20, 64 << 20, Duration.ZERO).prepared()) {
            fixture.orders.padding(5_000);
            fixture.appendOneByOne(0, 100);
            clock.advance(Duration.ofSeconds(5));
            middle = clock.instant();
            fixture.appendOneByOne(100, 200);
        }

        try (Fixture fixture = open(64 << 20, 64 << 20, Duration.ZERO)) {
            await(fixture.storage.createGroup(
                    Fixture.group("time"), Set.of(ORDERS), DeliveryTerms.DEFAULT, new Start.AtTime(middle)));
            await(fixture.storage.createGroup(
                    Fixture.group("before"),
                    Set.of(ORDERS),
                    DeliveryTerms.DEFAULT,
                    new Start.AtTime(middle.minusSeconds(1))));
            await(fixture.storage.createGroup(
                    Fixture.group("after"),
                    Set.of(ORDERS),
                    DeliveryTerms.DEFAULT,
                    new Start.AtTime(middle.plusSeconds(1))));

            assertThat(fixture.watermark(Fixture.group("time"))).isEqualTo(100);
            assertThat(fixture.watermark(Fixture.group("before"))).isEqualTo(100);
            assertThat(fixture.watermark(Fixture.group("after"))).isEqualTo(200);
        }
    }
}
