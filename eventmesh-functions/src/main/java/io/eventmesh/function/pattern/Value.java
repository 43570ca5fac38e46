package io.eventmesh.function.pattern;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * A value that stands in an event: no object, no array. What is derived from it is kept, for one thread at a time.
 */
final class Value {
    /** What null is as a key. */
    static final Object NULL = new Object() {
        @Override
        public String toString() {
            return "null";
        }
    };

    /** Stands in no array's element. */
    static final int[] NOWHERE = {};

    private final Object key;
    private final int[] elements;

    /** The next one of the same field. */
    final @Nullable Value next;

    private @Nullable String folded;
    private @Nullable IpAddress address;
    private boolean addressKnown;

    private Value(Object key, int[] elements, @Nullable Value next) {
        this.key = key;
        this.elements = elements;
        this.next = next;
    }

    static Value text(String text, @Nullable Value next) {
        return new Value(text, NOWHERE, next);
    }

    /** @param attribute a text, an Integer or a Boolean */
    static Value attribute(Object attribute, @Nullable Value next) {
        return new Value(attribute instanceof Integer number ? Num.of(number.longValue()) : attribute, NOWHERE, next);
    }

    /**
     * @param node no object, no array
     * @param elements the arrays on the way to it and their elements, in turn, from outside in
     */
    static Value of(JsonNode node, int[] elements, @Nullable Value next) {
        return new Value(key(node), elements, next);
    }

    /** What equals another's exactly when the two are the same JSON value: a String, a Num, a Boolean or {@link #NULL}. */
    static Object key(JsonNode node) {
        return switch (node.getNodeType()) {
            case STRING -> node.textValue();
            case NUMBER -> Num.of(node);
            case BOOLEAN -> node.booleanValue();
            case NULL, ARRAY, BINARY, MISSING, OBJECT, POJO -> NULL;
        };
    }

    Object key() {
        return key;
    }

    int[] elements() {
        return elements;
    }

    /** Null unless it is a text. */
    @Nullable
    String text() {
        return key instanceof String text ? text : null;
    }

    /** Null unless it is a number. */
    @Nullable
    Num number() {
        return key instanceof Num number ? number : null;
    }

    /** Null unless it is a text. */
    @Nullable
    String folded() {
        if (folded == null && key instanceof String text) {
            folded = Folding.fold(text);
        }
        return folded;
    }

    /** Null unless it is a text that is an address. */
    @Nullable
    IpAddress address() {
        if (!addressKnown) {
            address = key instanceof String text ? IpAddress.parse(text) : null;
            addressKnown = true;
        }
        return address;
    }
}
