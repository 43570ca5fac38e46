package io.eventmesh.tests.fault.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.testkit.checker.Finding;
import io.eventmesh.testkit.checker.Finding.Kind;
import io.eventmesh.testkit.checker.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a run of faults did to the events.
 *
 * @param faults how many were made
 * @param acked events that publishers were told to be stored
 * @param lost of these, those that no subscriber processed
 * @param duplicated offers of events that nobody had given back
 * @param excused how many of these the faults excuse
 * @param inversions first offers out of order, or before an earlier event of the key was done
 * @param ackInversions first acks out of order
 * @param failedPublishes events whose publishers were told that it failed
 * @param slowestReady longest time from the end of a fault until every process was ready and events moved again
 * @param findings the first of them, as text
 */
record Tally(
        int faults,
        long acked,
        long lost,
        long duplicated,
        long excused,
        long inversions,
        long ackInversions,
        long failedPublishes,
        Duration slowestReady,
        List<String> findings) {
    private static final int NAMED = 20;

    static Tally none() {
        return new Tally(0, 0, 0, 0, 0, 0, 0, 0, Duration.ZERO, List.of());
    }

    static Tally of(int faults, Verdict verdict, long ackInversions, long failedPublishes, Duration slowestReady) {
        return new Tally(
                faults,
                verdict.stored(),
                count(verdict, Kind.LOSS),
                verdict.repeats(),
                verdict.excused(),
                count(verdict, Kind.ORDER),
                ackInversions,
                failedPublishes,
                slowestReady,
                verdict.findings().stream().limit(NAMED).map(Finding::toString).toList());
    }

    private static long count(Verdict verdict, Kind kind) {
        return verdict.findings().stream()
                .filter(finding -> finding.kind() == kind)
                .count();
    }

    /** Nothing lost, invented, changed, out of order or repeated more often than the faults excuse. */
    void requireClean() {
        assertThat(findings).isEmpty();
        assertThat(ackInversions).as("first acks out of order").isZero();
    }

    /** No publisher was told of a failure. */
    void requireNoFailure() {
        assertThat(failedPublishes).as("publishes that failed").isZero();
    }

    /** One line of what a run did, with what it takes to run it again. */
    void tell(String what, String storage, int runtimes) {
        System.out.printf("chaos=%s storage=%s runtimes=%d seed=%d %s%n", what, storage, runtimes, Chaos.SEED, this);
    }

    Tally plus(Tally more) {
        return new Tally(
                faults + more.faults,
                acked + more.acked,
                lost + more.lost,
                duplicated + more.duplicated,
                excused + more.excused,
                inversions + more.inversions,
                ackInversions + more.ackInversions,
                failedPublishes + more.failedPublishes,
                slowestReady.compareTo(more.slowestReady) > 0 ? slowestReady : more.slowestReady,
                Stream.concat(findings.stream(), more.findings.stream())
                        .limit(NAMED)
                        .toList());
    }

    @Override
    public String toString() {
        return ("faults=%d acked=%d lost=%d duplicated=%d (at most %d) inversions=%d ack-inversions=%d "
                        + "failed-publishes=%d slowest-ready-millis=%d")
                .formatted(
                        faults,
                        acked,
                        lost,
                        duplicated,
                        excused,
                        inversions,
                        ackInversions,
                        failedPublishes,
                        slowestReady.toMillis());
    }
}
