package io.eventmesh.function.pattern;

import java.util.List;
import java.util.Set;

/** An entry of a pattern's field: says yes or no to one value. Immutable. */
sealed interface Matcher {
    /** Whether the value meets it; false for what only {@link Clause} can tell. */
    boolean test(Value value);

    /** How many times it may read a text from one end to the other, however long that is. */
    default int reads() {
        return 0;
    }

    /**
     * One JSON value.
     *
     * @param key as {@link Value#key()}
     */
    record Exact(Object key) implements Matcher {
        @Override
        public boolean test(Value value) {
            return key.equals(value.key());
        }
    }

    /** One of several JSON values. */
    record OneOf(Set<Object> keys) implements Matcher {
        @Override
        public boolean test(Value value) {
            return keys.contains(value.key());
        }
    }

    /** A text that is this address, however it is written. */
    record Address(IpAddress address) implements Matcher {
        @Override
        public boolean test(Value value) {
            return address.equals(value.address());
        }
    }

    /**
     * A text in any case.
     *
     * @param text folded
     */
    record AnyCase(String text) implements Matcher {
        @Override
        public boolean test(Value value) {
            return text.equals(value.folded());
        }
    }

    /**
     * A text's beginning.
     *
     * @param anyCase whether {@code text} is folded and the case does not count
     */
    record Prefix(String text, boolean anyCase) implements Matcher {
        @Override
        public boolean test(Value value) {
            String found = anyCase ? value.folded() : value.text();
            return found != null && found.startsWith(text);
        }
    }

    /**
     * A text's end.
     *
     * @param anyCase whether {@code text} is folded and the case does not count
     */
    record Suffix(String text, boolean anyCase) implements Matcher {
        @Override
        public boolean test(Value value) {
            String found = anyCase ? value.folded() : value.text();
            return found != null && found.endsWith(text);
        }
    }

    record Like(Wildcard wildcard) implements Matcher {
        @Override
        public boolean test(Value value) {
            String text = value.text();
            return text != null && wildcard.matches(text);
        }

        @Override
        public int reads() {
            return 1;
        }
    }

    record Numeric(Range<Num> range) implements Matcher {
        @Override
        public boolean test(Value value) {
            Num number = value.number();
            return number != null && range.contains(number);
        }
    }

    record Cidr(Range<IpAddress> range) implements Matcher {
        @Override
        public boolean test(Value value) {
            IpAddress address = value.address();
            return address != null && range.contains(address);
        }
    }

    /** Any value, also null. */
    record Present() implements Matcher {
        @Override
        public boolean test(Value value) {
            return true;
        }
    }

    /** Any value but these, also one of another type. */
    record AnythingBut(List<Matcher> excluded) implements Matcher {
        @Override
        public boolean test(Value value) {
            for (Matcher matcher : excluded) {
                if (matcher.test(value)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public int reads() {
            return excluded.stream().mapToInt(Matcher::reads).sum();
        }
    }

    /** The value of another field, in the same array elements. Takes the event, so that {@link Clause} judges it. */
    record SameAs(Field other) implements Matcher {
        @Override
        public boolean test(Value value) {
            return false;
        }
    }
}
