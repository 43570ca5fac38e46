package io.eventmesh.function.subscription;

import io.eventmesh.function.Spot;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.Filter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A filter in one of the dialects of CloudEvents, as it is written. Immutable. */
public sealed interface Dialect extends Filter {
    /** Where it is written. */
    Spot spot();

    /** How many steps it takes, see {@link io.eventmesh.spi.function.RuleFilter#weight}. */
    long weight();

    /** How an attribute's text is compared. */
    enum Comparison {
        EXACT,
        PREFIX,
        SUFFIX;

        boolean test(String actual, String expected) {
            return switch (this) {
                case EXACT -> actual.equals(expected);
                case PREFIX -> actual.startsWith(expected);
                case SUFFIX -> actual.endsWith(expected);
            };
        }
    }

    /** One attribute compared as text; false where it is missing. */
    record Compare(Comparison comparison, String attribute, String expected, Spot spot) implements Dialect {
        @Override
        public boolean test(EventView view) {
            String actual = valueOf(view.event(), attribute);
            return actual != null && comparison.test(actual, expected);
        }

        @Override
        public long weight() {
            return 2;
        }
    }

    /** All of them; true for none. */
    record All(List<Dialect> members, Spot spot) implements Dialect {
        @Override
        public boolean test(EventView view) {
            for (Dialect member : members) {
                if (!member.test(view)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public long weight() {
            return members.stream().mapToLong(Dialect::weight).sum();
        }
    }

    /** At least one of them. */
    record Any(List<Dialect> members, Spot spot) implements Dialect {
        @Override
        public boolean test(EventView view) {
            for (Dialect member : members) {
                if (member.test(view)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public long weight() {
            return members.stream().mapToLong(Dialect::weight).sum();
        }
    }

    /** The opposite. */
    record Not(Dialect member, Spot spot) implements Dialect {
        @Override
        public boolean test(EventView view) {
            return !member.test(view);
        }

        @Override
        public long weight() {
            return member.weight();
        }
    }

    /** A CloudEvents SQL expression. */
    record Sql(Filter expression, String text, Spot spot) implements Dialect {
        /** Characters that take about as long as a step. */
        private static final int CHARACTERS_A_STEP = 2;

        @Override
        public boolean test(EventView view) {
            return expression.test(view);
        }

        @Override
        public long weight() {
            return 1L + text.length() / CHARACTERS_A_STEP;
        }
    }

    /**
     * Reads filters: a JSON array of expressions that must all be true. An empty array, or an empty text, is true for every
     * event.
     *
     * @throws io.eventmesh.spi.function.FilterRefusal RULE_INVALID with path and reason
     */
    static Dialect read(String spec) {
        return new FilterReader().read(spec);
    }

    /** An attribute as text; null if the event lacks it. */
    static @Nullable String valueOf(Event event, String name) {
        return switch (name) {
            case "id" -> presence(event.id());
            case "source" -> presence(event.source());
            case "type" -> presence(event.type());
            case "specversion" -> presence(event.specVersion());
            default -> event.attribute(name);
        };
    }

    private static @Nullable String presence(String text) {
        return text.isEmpty() ? null : text;
    }
}
