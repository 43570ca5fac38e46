package io.eventmesh.testkit.checker;

import java.util.List;

/**
 * What the {@link Checker} says of a history.
 *
 * @param findings empty when all promises are kept
 * @param sent events
 * @param stored events whose outcome is OK
 * @param unknown events whose outcome nobody knows
 * @param offers to all groups
 * @param processed events, counted once for each group
 * @param deadLettered events, counted once for each group
 * @param repeats offers of events that nobody had given back
 * @param excused how many repeats the disturbances excuse
 */
public record Verdict(
        List<Finding> findings,
        long sent,
        long stored,
        long unknown,
        long offers,
        long processed,
        long deadLettered,
        long repeats,
        long excused) {
    public boolean isClean() {
        return findings.isEmpty();
    }

    /** Whether something of the kind was found. */
    public boolean has(Finding.Kind kind) {
        return findings.stream().anyMatch(finding -> finding.kind() == kind);
    }

    /** The counts on one line, for logs of test runs. */
    public String summary() {
        return ("sent=%d stored=%d unknown=%d offers=%d processed=%d dead-lettered=%d repeats=%d excused=%d "
                        + "findings=%d")
                .formatted(sent, stored, unknown, offers, processed, deadLettered, repeats, excused, findings.size());
    }
}
