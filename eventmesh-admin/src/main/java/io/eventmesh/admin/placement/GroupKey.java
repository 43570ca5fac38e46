package io.eventmesh.admin.placement;

import java.util.Comparator;

/** A group of rules. */
record GroupKey(String namespace, String group) implements Comparable<GroupKey> {
    private static final Comparator<GroupKey> ORDER =
            Comparator.comparing(GroupKey::namespace).thenComparing(GroupKey::group);

    @Override
    public int compareTo(GroupKey other) {
        return ORDER.compare(this, other);
    }
}
