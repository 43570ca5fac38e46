package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Where things stand in an event's bytes. Filled by one thread, then never changed.
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
    private int count;

    EventIndex() {
        this.entries = new int[USUAL_ENTRIES * INTS_PER_ENTRY];
    }

    /** A copy with room for more entries. */
    EventIndex(EventIndex other, int moreEntries) {
        this(other, Arrays.copyOf(other.entries, (other.count + moreEntries) * INTS_PER_ENTRY), other.count);
    }

    private EventIndex(EventIndex other, int[] entries, int count) {
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
        this.count = count;
    }

    void addEntry(int tagStart, int end, int keyStart, int keyLength) {
        int at = count * INTS_PER_ENTRY;
        if (at == entries.length) {
            entries = Arrays.copyOf(entries, Math.max(INTS_PER_ENTRY, 2 * at));
        }
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

    String name(byte[] bytes, int entry) {
        return new String(bytes, keyStart(entry), keyLength(entry), UTF_8);
    }

    /** The entry that counts for a name, -1 if there is none. */
    int find(byte[] bytes, byte[] name) {
        for (int entry = count - 1; entry >= 0; entry--) {
            int start = keyStart(entry);
            int length = keyLength(entry);
            if (length == name.length && Arrays.equals(bytes, start, start + length, name, 0, length)) {
                return entry;
            }
        }
        return -1;
    }

    /** The same event after the bytes of some entries were cut out, and so many bytes before it. */
    EventIndex without(boolean[] removed, int before) {
        EventIndex rest = new EventIndex(this, new int[count * INTS_PER_ENTRY], 0);
        int cut = before;
        for (int entry = 0; entry < count; entry++) {
            if (removed[entry]) {
                cut += end(entry) - tagStart(entry);
            } else {
                rest.addEntry(tagStart(entry) - cut, end(entry) - cut, keyStart(entry) - cut, keyLength(entry));
            }
        }
        rest.idStart = moved(idStart, removed, before);
        rest.sourceStart = moved(sourceStart, removed, before);
        rest.specVersionStart = moved(specVersionStart, removed, before);
        rest.typeStart = moved(typeStart, removed, before);
        rest.dataStart = moved(dataStart, removed, before);
        return rest;
    }

    /** Where something stands after the cut; what is not there stands at 0. */
    private int moved(int position, boolean[] removed, int before) {
        if (position == 0) {
            return 0;
        }
        int cut = before;
        for (int entry = 0; entry < count && tagStart(entry) < position; entry++) {
            if (removed[entry]) {
                cut += end(entry) - tagStart(entry);
            }
        }
        return position - cut;
    }
}
