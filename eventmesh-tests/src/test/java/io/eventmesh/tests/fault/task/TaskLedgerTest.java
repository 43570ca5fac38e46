package io.eventmesh.tests.fault.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.tests.fault.task.TaskDatabase.Place;
import io.eventmesh.tests.fault.task.TaskDatabase.PositionWrite;
import io.eventmesh.tests.fault.task.plugin.Stamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TaskLedgerTest {
    private final TaskLedger ledger = new TaskLedger();

    private static Stamp stamp(long number, long term, long epoch) {
        return new Stamp("p", number, term, epoch, 0);
    }

    private static Map<String, List<Stamp>> stored(Stamp... stamps) {
        return Map.of("p", List.of(stamps));
    }

    private static PositionWrite write(Place place, long rightEpoch, Place before) {
        return new PositionWrite("UPDATE", place, rightEpoch, before);
    }

    @Test
    void whatIsAsPromisedIsFoundToBeSo() {
        List<Stamp> stamps = List.of(stamp(1, 1, 1), stamp(2, 1, 1), stamp(2, 1, 2), stamp(3, 2, 3));
        Map<String, List<Stamp>> stored = Map.of("p", stamps);

        ledger.mesh(stored);
        ledger.sinks(stored, stamps, 1);
        ledger.positions(List.of(write(new Place("p", 2, 2, 3), 2, new Place("p", 1, 1, 1))), stored);

        assertThat(ledger.findings()).isEmpty();
        assertThat(ledger)
                .hasToString("numbers=3 source-lives=3 stored-twice=1 written-twice=1 positions=1 findings=0");
    }

    @Test
    void anEventOfAnOldRightAfterOneOfANewerIsFound() {
        ledger.mesh(stored(stamp(1, 1, 1), stamp(2, 1, 2), stamp(2, 1, 1)));

        assertThat(ledger.findings()).singleElement().asString().contains("under an old right");
    }

    @Test
    void aNumberThatTheMeshNeverStoredIsFound() {
        ledger.mesh(stored(stamp(1, 1, 1), stamp(3, 1, 1)));

        assertThat(ledger.findings()).singleElement().asString().contains("not stored by the mesh: 1");
    }

    @Test
    void aNumberThatNoSinkWroteIsFound() {
        ledger.sinks(stored(stamp(1, 1, 1), stamp(2, 1, 1)), List.of(stamp(1, 1, 1)), 1);

        assertThat(ledger.findings()).singleElement().asString().contains("lost on the way to the sink: 1 of p");
    }

    @Test
    void moreTwiceThanWasInFlightIsFound() {
        List<Stamp> stamps = new ArrayList<>();
        for (int epoch = 1; epoch <= 2; epoch++) {
            for (int number = 1; number <= 1_025; number++) {
                stamps.add(stamp(number, 1, epoch));
            }
        }
        Map<String, List<Stamp>> stored = Map.of("p", stamps);
        List<Stamp> rows = new ArrayList<>(stamps);
        rows.add(stamp(1, 1, 1));

        ledger.mesh(stored);
        ledger.sinks(stored, rows, 1);

        assertThat(ledger.findings())
                .satisfiesExactly(
                        finding -> assertThat(finding).startsWith("stored twice: 1025 of p in 1 changes"),
                        finding -> assertThat(finding).startsWith("given to a sink twice: 1 in 1 openings"));
    }

    @Test
    void aPositionThatMovesBackOrIsStoredUnderAnOldRightOrIsAheadIsFound() {
        Place first = new Place("p", 1, 5, 10);

        ledger.positions(
                List.of(
                        write(new Place("p", 1, 6, 9), 1, first),
                        write(new Place("p", 1, 5, 11), 1, first),
                        write(new Place("p", 1, 6, 11), 2, first)),
                stored(stamp(10, 1, 1)));

        assertThat(ledger.findings())
                .satisfiesExactly(
                        finding -> assertThat(finding).startsWith("position moved back"),
                        finding -> assertThat(finding).startsWith("position moved back"),
                        finding -> assertThat(finding).contains("position store under an old right"),
                        finding -> assertThat(finding).contains("ahead of what is stored: 11 (expected: <= 10)"));
    }
}
