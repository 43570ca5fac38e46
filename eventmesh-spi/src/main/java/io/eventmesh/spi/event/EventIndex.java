package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Where things stand in an event's bytes. Filled by one thread, then never changed; but for that of a {@link PassingEvent},
 * which is filled again and again.
 *
 * <p>The entries of the attribute map are kept as they stand on the wire, repeated names included: the last entry of a
 * name is the one that counts.
 */
final class EventIndex {
    private static final int TAG_START = 0;
    private static final int END = 1;
    private static final int KEY_START = 2;
    private static final int KEY_LENGTH = 3;
    private static final int INTS_PER_ENTRY = 4;
    private static final int USUAL_ENTRIES = 20;
    private static final int EXPIRY_LENGTH = "expirytime".length();

    int idStart;
    int idLength;
    int sourceStart;
    int sourceLength;
    int specVersionStart;
    int specVersionLength;
    int typeStart;
    int typeLength;

    DataKind dataKind = DataKind.NONE;
    /** The first part of the data; only PROTO can have more than one, which merge. */
    int dataStart;

    int dataLength;
    int dataParts;

    /** Whether some attribute is a uri, uri-reference or timestamp, whose form has rules. */
    boolean hasTypedValues;

    /** Whether some attribute's name is as long as {@code expirytime}: nearly always no, which spares a search. */
    boolean mayExpire;

    /** Whether the event was found to meet a publisher's rules; that it is told late to another thread costs a look. */
    boolean publishable;

    private int[] entries;
    private long[] heads;
    private int count;

    EventIndex() {
        this.entries = new int[USUAL_ENTRIES * INTS_PER_ENTRY];
        this.heads = new long[USUAL_ENTRIES];
    }

    /** A copy with room for more entries. */
    EventIndex(EventIndex other, int moreEntries) {
        this(
                other,
                Arrays.copyOf(other.entries, (other.count + moreEntries) * INTS_PER_ENTRY),
                Arrays.copyOf(other.heads, other.count + moreEntries),
                other.count);
    }

    private EventIndex(EventIndex other, int[] entries, long[] heads, int count) {
        this.idStart = other.idStart;
        this.idLength = other.idLength;
        this.sourceStart = other.sourceStart;
        this.sourceLength = other.sourceLength;
        this.specVersionStart = other.specVersionStart;
        this.specVersionLength = other.specVersionLength;
        this.typeStart = other.typeStart;
        this.typeLength = other.typeLength;
        this.dataKind = other.dataKind;
        this.dataStart = other.dataStart;
        this.dataLength = other.dataLength;
        this.dataParts = other.dataParts;
        this.hasTypedValues = other.hasTypedValues;
        this.mayExpire = other.mayExpire;
        this.entries = entries;
        this.heads = heads;
        this.count = count;
    }

    /** Makes it as new, for another event. */
    void clear() {
        idStart = 0;
        idLength = 0;
        sourceStart = 0;
        sourceLength = 0;
        specVersionStart = 0;
        specVersionLength = 0;
        typeStart = 0;
        typeLength = 0;
        dataKind = DataKind.NONE;
        dataStart = 0;
        dataLength = 0;
        dataParts = 0;
        hasTypedValues = false;
        mayExpire = false;
        publishable = false;
        count = 0;
    }

    /** @param head the {@link NameHead} of the name */
    void addEntry(int tagStart, int end, int keyStart, int keyLength, long head) {
        int at = count * INTS_PER_ENTRY;
        if (count == heads.length) {
            heads = Arrays.copyOf(heads, Math.max(1, 2 * count));
            entries = Arrays.copyOf(entries, heads.length * INTS_PER_ENTRY);
        }
        heads[count] = head;
        entries[at + TAG_START] = tagStart;
        entries[at + END] = end;
        entries[at + KEY_START] = keyStart;
        entries[at + KEY_LENGTH] = keyLength;
        mayExpire |= keyLength == EXPIRY_LENGTH;
        count++;
    }

    int count() {
        return count;
    }

    /** Where the entry begins, tag included. */
    int tagStart(int entry) {
        return entries[entry * INTS_PER_ENTRY + TAG_START];
    }

    int end(int entry) {
        return entries[entry * INTS_PER_ENTRY + END];
    }

    int keyStart(int entry) {
        return entries[entry * INTS_PER_ENTRY + KEY_START];
    }

    int keyLength(int entry) {
        return entries[entry * INTS_PER_ENTRY + KEY_LENGTH];
    }

    /** The {@link NameHead} of the entry's name. */
    long head(int entry) {
        return heads[entry];
    }

    String name(byte[] bytes, int entry) {
        return new String(bytes, keyStart(entry), keyLength(entry), UTF_8);
    }

    /** The entry that counts for a name, -1 if there is none. */
    int find(byte[] bytes, byte[] name) {
        long head = NameHead.of(name, 0, name.length);
        for (int entry = count - 1; entry >= 0; entry--) {
            if (heads[entry] == head && is(bytes, entry, name)) {
                return entry;
            }
        }
        return -1;
    }

    /** Whether a name whose head the entry has is the entry's. */
    private boolean is(byte[] bytes, int entry, byte[] name) {
        int start = keyStart(entry);
        int length = keyLength(entry);
        return length == name.length
                && (length <= NameHead.LENGTH || Arrays.equals(bytes, start, start + length, name, 0, length));
    }

    /** The same event after the bytes of some entries were cut out, and so many bytes before it. */
    EventIndex without(boolean[] removed, int before) {
        EventIndex rest = new EventIndex(this, new int[count * INTS_PER_ENTRY], new long[count], 0);
        int firstCut = Integer.MAX_VALUE;
        int lastCut = 0;
        int cut = before;
        for (int entry = 0; entry < count; entry++) {
            int tagStart = tagStart(entry);
            int end = end(entry);
            if (removed[entry]) {
                firstCut = Math.min(firstCut, tagStart);
                lastCut = tagStart;
                cut += end - tagStart;
            } else {
                rest.addEntry(tagStart - cut, end - cut, keyStart(entry) - cut, keyLength(entry), heads[entry]);
            }
        }
        Cut all = new Cut(removed, before, cut, firstCut, lastCut);
        rest.idStart = all.moved(idStart);
        rest.sourceStart = all.moved(sourceStart);
        rest.specVersionStart = all.moved(specVersionStart);
        rest.typeStart = all.moved(typeStart);
        rest.dataStart = all.moved(dataStart);
        return rest;
    }

    /** What was cut out before the event, before its first removed entry, and up to its last one. */
    private final class Cut {
        private final boolean[] removed;
        private final int before;
        private final int all;
        private final int first;
        private final int last;

        Cut(boolean[] removed, int before, int all, int first, int last) {
            this.removed = removed;
            this.before = before;
            this.all = all;
            this.first = first;
            this.last = last;
        }

        /** Where something stands after the cut; what is not there stands at 0. */
        int moved(int position) {
            if (position == 0) {
                return 0;
            }
            if (position < first) {
                return position - before;
            }
            return position - (position > last ? all : cutBefore(position));
        }

        private int cutBefore(int position) {
            int cut = before;
            for (int entry = 0; entry < count && tagStart(entry) < position; entry++) {
                if (removed[entry]) {
                    cut += end(entry) - tagStart(entry);
                }
            }
            return cut;
        }
    }
}
