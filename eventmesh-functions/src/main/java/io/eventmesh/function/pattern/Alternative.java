package io.eventmesh.function.pattern;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A {@link Conjunct} on fields that have numbers. Immutable. */
final class Alternative {
    private final Clause[] clauses;
    private final int[] absent;

    Alternative(Conjunct conjunct, Fields fields) {
        // Attributes first: what they refuse needs no look into the payload.
        clauses = conjunct.tests().stream()
                .sorted(Comparator.comparing(
                                (Conjunct.Test test) -> test.field().isData())
                        .thenComparing(Conjunct.Test::weight))
                .map(test -> new Clause(test, fields))
                .toArray(Clause[]::new);
        absent = conjunct.absent().stream().mapToInt(fields::add).toArray();
    }

    static Alternative[] of(List<Conjunct> conjuncts, Fields fields) {
        return conjuncts.stream()
                .map(conjunct -> new Alternative(conjunct, fields))
                .toArray(Alternative[]::new);
    }

    static boolean any(Alternative[] alternatives, Found found) {
        for (Alternative alternative : alternatives) {
            if (alternative.test(found)) {
                return true;
            }
        }
        return false;
    }

    boolean test(Found found) {
        int inElements = 0;
        for (Clause clause : clauses) {
            switch (clause.met(found)) {
                case NOT -> {
                    return false;
                }
                case IN_ELEMENTS -> inElements++;
                case FREELY -> {
                    // bears on nothing else
                }
            }
        }
        int present = 0;
        for (int field : absent) {
            if (found.first(field) != null) {
                present++;
            }
        }
        if (present > 0) {
            return inElements > 0 && agree(found);
        }
        return inElements < 2 || agree(found);
    }

    private boolean agree(Found found) {
        List<List<int[]>> wanted = new ArrayList<>(clauses.length);
        for (Clause clause : clauses) {
            List<int[]> elements = new ArrayList<>();
            for (Value value = clause.first(found); value != null; value = value.next) {
                if (clause.test(value, found)) {
                    elements.add(value.elements());
                }
            }
            if (elements.isEmpty()) {
                return false;
            }
            wanted.add(elements);
        }
        List<List<int[]>> unwanted = new ArrayList<>(absent.length);
        for (int field : absent) {
            List<int[]> elements = new ArrayList<>();
            for (Value value = found.first(field); value != null && found.look(value, 0); value = value.next) {
                elements.add(value.elements());
            }
            if (!elements.isEmpty()) {
                unwanted.add(elements);
            }
        }
        return Elements.agree(wanted, unwanted);
    }
}
