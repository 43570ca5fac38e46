package io.eventmesh.function.pattern;

import io.eventmesh.function.Spot;
import java.util.ArrayList;
import java.util.List;

/** What an event pattern says, as it is written: fields joined by AND and OR. Immutable. */
sealed interface Pattern {
    /** How many conjunctions it is when everything is multiplied out, at most {@link Integer#MAX_VALUE}. */
    long alternatives();

    /** What all of them together weigh, at most about {@link Integer#MAX_VALUE}; known without making them. */
    long weight();

    /** It multiplied out: one of these must hold. */
    List<Conjunct> conjuncts();

    /** Members of an object. */
    record All(List<Pattern> members) implements Pattern {
        @Override
        public long alternatives() {
            long product = 1;
            for (Pattern member : members) {
                product = Math.min(product * member.alternatives(), Integer.MAX_VALUE);
            }
            return product;
        }

        @Override
        public long weight() {
            long product = 1;
            long weight = 0;
            for (Pattern member : members) {
                long each = member.alternatives();
                weight = Math.min(weight * each + member.weight() * product, Integer.MAX_VALUE);
                product = Math.min(product * each, Integer.MAX_VALUE);
            }
            return weight;
        }

        @Override
        public List<Conjunct> conjuncts() {
            List<Conjunct> product = List.of(Conjunct.EMPTY);
            for (Pattern member : members) {
                List<Conjunct> each = member.conjuncts();
                List<Conjunct> next = new ArrayList<>(product.size() * each.size());
                for (Conjunct left : product) {
                    for (Conjunct right : each) {
                        next.add(left.and(right));
                    }
                }
                product = next;
            }
            return product;
        }
    }

    /** The objects of an {@code $or}. */
    record Any(List<Pattern> members, Spot spot) implements Pattern {
        @Override
        public long alternatives() {
            long sum = 0;
            for (Pattern member : members) {
                sum = Math.min(sum + member.alternatives(), Integer.MAX_VALUE);
            }
            return sum;
        }

        @Override
        public long weight() {
            long sum = 0;
            for (Pattern member : members) {
                sum = Math.min(sum + member.weight(), Integer.MAX_VALUE);
            }
            return sum;
        }

        @Override
        public List<Conjunct> conjuncts() {
            List<Conjunct> all = new ArrayList<>();
            for (Pattern member : members) {
                all.addAll(member.conjuncts());
            }
            return all;
        }
    }

    /**
     * The entries of a field.
     *
     * @param conjuncts one for the plain entries together, one for {@code exists: false}, one for each {@code $all}
     * @param text as it is written
     */
    record Leaf(Field field, List<Conjunct> conjuncts, String text, Spot spot) implements Pattern {
        @Override
        public long alternatives() {
            return conjuncts.size();
        }

        @Override
        public long weight() {
            return conjuncts.stream().mapToLong(Conjunct::weight).sum();
        }
    }
}
