package io.eventmesh.runtime.delivery;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which keys are with which members, among those that keep keys and in a group that keeps no order itself. Part of one
 * {@link GroupState}.
 */
final class KeptKeys {
    /** A key of which the member has something, in flight or kept for it. */
    static final class Key {
        final String name;
        final MemberState member;
        private int entries;

        private Key(String name, MemberState member) {
            this.name = name;
            this.member = member;
        }
    }

    private final Map<String, Key> keys = new HashMap<>();

    /** The member that has the entry's key; null for any. */
    @Nullable
    MemberState keeper(Entry entry) {
        String name = keys.isEmpty() || entry.lane != null
                ? null
                : entry.requireRecord().key();
        Key key = name == null ? null : keys.get(name);
        return key == null ? null : key.member;
    }

    /** The entry goes to the member, now or when it has credit. */
    void taken(Entry entry, MemberState member) {
        if (!member.keepsKeys || entry.lane != null || entry.keptKey != null) {
            return;
        }
        String name = entry.requireRecord().key();
        if (name != null) {
            Key key = keys.computeIfAbsent(name, unused -> new Key(name, member));
            key.entries++;
            entry.keptKey = key;
        }
    }

    /** The entry is with no member any more. */
    void settled(Entry entry) {
        Key key = entry.keptKey;
        if (key != null) {
            entry.keptKey = null;
            if (--key.entries == 0) {
                keys.remove(key.name, key);
            }
        }
    }

    /** What was kept for a member that has left, in its order. */
    List<Entry> leave(MemberState member) {
        List<Entry> kept = List.copyOf(member.kept);
        member.kept.clear();
        kept.forEach(this::settled);
        return kept;
    }
}
