package io.eventmesh.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.sdk.EventMesh;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

@SuppressWarnings("NullAway.Init") // the extension sets the fields
@EventMeshTest
class EventMeshExtensionTest {
    private static final Duration HALF_A_SECOND = Duration.ofMillis(500);

    @Inject
    EventMesh mesh;

    @Inject
    MeshProbe probe;

    private boolean injectedBefore;

    @BeforeEach
    void fieldsAreThere(EventMesh parameter) {
        injectedBefore = parameter == mesh;
    }

    @Test
    void fieldsAndParametersAreTheSameAndThereBeforeTheTest(EventMesh other, MeshProbe otherProbe) {
        assertThat(injectedBefore).isTrue();
        assertThat(other).isSameAs(mesh);
        assertThat(otherProbe).isSameAs(probe);
    }

    @Test
    void nothingOfOneTestIsSeenByAnother() {
        mesh.publish("orders", ProbeContractTest.event("1")).join();
        assertThat(probe.await("orders", 1, Duration.ofSeconds(5))).hasSize(1);
    }

    @Test
    void nothingOfTheOtherTestIsSeenByThisOne() {
        mesh.publish("orders", ProbeContractTest.event("1")).join();
        assertThat(probe.await("orders", 1, Duration.ofSeconds(5))).hasSize(1);
    }

    @Nested
    @SuppressWarnings("NullAway.Init") // as above
    class WithinAnother {
        @Inject
        MeshProbe own;

        @Test
        void theMeshIsSharedWithTheEnclosingInstance() {
            assertThat(own).isSameAs(probe);
        }
    }

    /** The first start of a process loads classes as well; the fastest of some says what starting itself costs. */
    @Test
    void aMeshStartsInLessThanHalfASecond() {
        for (Transport transport : Transport.values()) {
            Duration fastest = Duration.ofDays(1);
            for (int i = 0; i < 10 && fastest.compareTo(HALF_A_SECOND) >= 0; i++) {
                long before = MeshClock.system().nanoTime();
                try (MeshUnderTest started = MeshUnderTest.start(transport)) {
                    Duration took = Duration.ofNanos(MeshClock.system().nanoTime() - before);
                    fastest = took.compareTo(fastest) < 0 ? took : fastest;
                    assertThat(started.client()).isNotNull();
                }
            }
            assertThat(fastest).isLessThan(HALF_A_SECOND);
        }
    }

    @Test
    void aFieldOfAnotherTypeAndAForeignParameterAreRefused() {
        TestExecutionSummary summary = run(Wrong.class);

        assertThat(summary.getTestsFailedCount()).isEqualTo(1);
        assertThat(summary.getFailures().get(0).getException())
                .hasMessageContaining("expected: EventMesh or MeshProbe");
    }

    @Test
    void anAddressExistsOverGrpcOnly() {
        assertThat(org.assertj.core.api.Assertions.catchThrowable(probe::address))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("GRPC");
    }

    private static TestExecutionSummary run(Class<?> type) {
        Launcher launcher = LauncherFactory.create();
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        launcher.execute(
                LauncherDiscoveryRequestBuilder.request()
                        .selectors(selectClass(type))
                        .build(),
                summary);
        return summary.getSummary();
    }

    /** Fails; run by a test only. */
    @EventMeshTest
    @Tag("refused")
    static class Wrong {
        @Inject
        String text = "";

        @Test
        void neverRuns() {
            assertThat(text).isEmpty();
        }
    }
}
