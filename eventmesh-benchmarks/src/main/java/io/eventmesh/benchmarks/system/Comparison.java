package io.eventmesh.benchmarks.system;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Rounds of reference, candidate, reference, and of each round the candidate's figure as a share of the mean of the two
 * references around it; the median of the rounds counts. A round whose references differ by more than 15 % is marked:
 * something else used the machine.
 */
final class Comparison {
    private static final double DRIFTED = 0.15;

    /** Runs one phase. */
    interface Run {
        Phase run() throws Exception;
    }

    private record Round(Phase before, Phase candidate, Phase after) {
        double ratio(ToDoubleFunction<Phase> figure) {
            double reference = (figure.applyAsDouble(before) + figure.applyAsDouble(after)) / 2;
            return figure.applyAsDouble(candidate) / reference;
        }
    }

    private final List<Round> rounds = new ArrayList<>();

    static Comparison of(int rounds, Run reference, Run candidate) throws Exception {
        Comparison comparison = new Comparison();
        for (int round = 1; round <= rounds; round++) {
            Round done = new Round(reference.run(), candidate.run(), reference.run());
            comparison.rounds.add(done);
            double drift = Math.abs(done.before().delivered() - done.after().delivered())
                    / Math.max(done.before().delivered(), done.after().delivered());
            System.out.printf(
                    "  round %d: ratio %.3f%s%n    %s%n    %s%n    %s%n",
                    round,
                    done.ratio(Phase::delivered),
                    drift > DRIFTED ? " (drifted)" : "",
                    done.before().text(),
                    done.candidate().text(),
                    done.after().text());
        }
        return comparison;
    }

    /** The median of the rounds' ratios of a figure. */
    double ratio(ToDoubleFunction<Phase> figure) {
        List<Double> sorted =
                rounds.stream().map(round -> round.ratio(figure)).sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** The median round's candidate by events delivered a second. */
    Phase candidate() {
        List<Phase> sorted = rounds.stream()
                .map(Round::candidate)
                .sorted(java.util.Comparator.comparingDouble(Phase::delivered))
                .toList();
        return sorted.get(sorted.size() / 2);
    }
}
