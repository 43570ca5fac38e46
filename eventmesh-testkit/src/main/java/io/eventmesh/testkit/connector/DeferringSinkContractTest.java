package io.eventmesh.testkit.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.spi.connector.DeferringSink;
import io.eventmesh.spi.connector.SinkRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What every {@link DeferringSink} must do besides what every sink must. */
public abstract class DeferringSinkContractTest extends SinkConnectorContractTest {
    @Override
    protected abstract DeferringSink connector() throws Exception;

    @Test
    public void whatIsDemandedIsSafeAndNamedByTheVeryRecords() throws Exception {
        DeferringSink sink = deferring();
        List<SinkRecord> first = records(0, 2);
        List<SinkRecord> second = records(2, 4);
        sink.put(first);
        sink.put(second);

        Set<SinkRecord> safe = same(sink.safe(true));

        List<SinkRecord> all = new ArrayList<>(first);
        all.addAll(second);
        assertThat(safe).hasSize(4).isEqualTo(same(all));
        assertThat(stored()).containsExactly(data(0), data(1), data(2), data(3));
    }

    @Test
    public void nothingIsNamedBeforeItIsStored() throws Exception {
        DeferringSink sink = deferring();
        Set<SinkRecord> named = same(List.of());
        for (int i = 0; i < 20; i++) {
            sink.put(records(i, i + 1));
            named.addAll(sink.safe(false));

            List<String> stored = stored();
            assertThat(named)
                    .allSatisfy(record -> assertThat(stored)
                            .contains(new String(record.event().data(), StandardCharsets.UTF_8)));
        }
    }

    @Test
    public void nothingIsNamedTwice() throws Exception {
        DeferringSink sink = deferring();
        sink.put(records(0, 3));
        List<SinkRecord> named = new ArrayList<>(sink.safe(false));
        named.addAll(sink.safe(true));
        named.addAll(sink.safe(true));
        sink.put(records(3, 5));
        named.addAll(sink.safe(true));
        named.addAll(sink.safe(false));

        assertThat(named).hasSize(5);
        assertThat(same(named)).hasSize(5);
    }

    @Test
    public void whereNothingWasPutNothingIsSafe() throws Exception {
        DeferringSink sink = deferring();

        assertThat(sink.safe(false)).isEmpty();
        assertThat(sink.safe(true)).isEmpty();
        assertThat(stored()).isEmpty();
    }

    @Test
    public void whatWasNotSafeWhenItWasClosedMayBePutIntoTheNext() throws Exception {
        DeferringSink first = deferring();
        first.put(records(0, 3));
        List<String> safe = first.safe(false).stream()
                .map(record -> new String(record.event().data(), StandardCharsets.UTF_8))
                .toList();
        first.close();

        DeferringSink second = deferring();
        second.put(records(0, 3).stream()
                .filter(record -> !safe.contains(new String(record.event().data(), StandardCharsets.UTF_8)))
                .toList());
        second.safe(true);

        // once at least: closing may have stored what was not called safe
        assertThat(stored()).contains(data(0), data(1), data(2));
    }

    @Test
    public void afterCloseNothingBecomesSafe() throws Exception {
        DeferringSink sink = deferring();
        sink.close();

        assertThatThrownBy(() -> {
                    sink.put(records(0, 1));
                    sink.safe(true);
                })
                .isInstanceOf(Exception.class);
        assertThat(stored()).isEmpty();
    }

    private DeferringSink deferring() throws Exception {
        return (DeferringSink) opened();
    }

    /** Compared as objects, since the runtime knows records so. */
    private static Set<SinkRecord> same(Collection<SinkRecord> records) {
        Set<SinkRecord> set = Collections.newSetFromMap(new IdentityHashMap<>());
        set.addAll(records);
        return set;
    }
}
