package io.eventmesh.function.pattern;

import java.util.Arrays;

/** Numbers of rules, growing. */
final class Ints {
    private static final int[] NONE = {};

    private int[] items = new int[2];
    private int size;

    void add(int item) {
        if (size == items.length) {
            items = Arrays.copyOf(items, 2 * size);
        }
        items[size++] = item;
    }

    int[] toArray() {
        return size == 0 ? NONE : Arrays.copyOf(items, size);
    }
}
