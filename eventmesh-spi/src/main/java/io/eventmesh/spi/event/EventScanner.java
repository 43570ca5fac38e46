package io.eventmesh.spi.event;

/**
 * Reads an event's bytes once, from the first to the last, and finds out what {@code CloudEvent.parseFrom} would.
 *
 * <p>It refuses what protobuf-java 4.36 refuses and takes the same value where a field occurs twice: the last
 * one for strings, bytes and map entries; the union for the messages within one entry and for {@code proto_data}. A field of an unknown number, or of another wire type than declared, is
 * stepped over. It is stricter in one point: a 64-bit number whose tenth byte is not its last is malformed for every
 * protobuf library, but protobuf-java 4.36 overlooks it half of the time. A test holds both equal over a million damaged events; change nothing here without it.
 *
 * <p>Not thread-safe.
 */
final class EventScanner {
    private final byte[] bytes;
    private final WireCursor in;
    private final boolean knowsTexts;
    private final EventIndex index;

    private int protoStart;
    private int protoLength;
    private int protoParts;

    private EventScanner(byte[] bytes, int from, int to, boolean knowsTexts, EventIndex index) {
        this.bytes = bytes;
        this.index = index;
        this.in = new WireCursor(bytes, from, to);
        this.knowsTexts = knowsTexts;
    }

    static EventIndex scan(byte[] bytes) {
        EventIndex index = new EventIndex();
        scan(bytes, 0, bytes.length, index);
        return index;
    }

    /** Of bytes that were scanned before and have not changed: texts are not looked at. */
    static EventIndex rescan(byte[] bytes) {
        EventIndex index = new EventIndex();
        new EventScanner(bytes, 0, bytes.length, true, index).event();
        return index;
    }

    /** Of the event in {@code bytes[from..to)} into an empty index; places are those in the whole array. */
    static void scan(byte[] bytes, int from, int to, EventIndex index) {
        new EventScanner(bytes, from, to, false, index).event();
    }

    private void event() {
        while (in.next()) {
            switch (in.tag()) {
                case Wire.ATTRIBUTES -> attribute();
                case Wire.ID -> {
                    requireUtf8("id");
                    index.idStart = in.start();
                    index.idLength = in.length();
                }
                case Wire.SOURCE -> {
                    requireUtf8("source");
                    index.sourceStart = in.start();
                    index.sourceLength = in.length();
                }
                case Wire.SPEC_VERSION -> {
                    requireUtf8("spec_version");
                    index.specVersionStart = in.start();
                    index.specVersionLength = in.length();
                }
                case Wire.TYPE -> {
                    requireUtf8("type");
                    index.typeStart = in.start();
                    index.typeLength = in.length();
                }
                case Wire.BINARY_DATA -> data(DataKind.BINARY);
                case Wire.TEXT_DATA -> {
                    requireUtf8("text_data");
                    data(DataKind.TEXT);
                }
                case Wire.PROTO_DATA -> protoData();
                default -> {}
            }
        }
        if (index.dataKind == DataKind.PROTO) {
            index.dataStart = protoStart;
            index.dataLength = protoLength;
            index.dataParts = protoParts;
        }
    }

    private void data(DataKind kind) {
        index.dataKind = kind;
        index.dataStart = in.start();
        index.dataLength = in.length();
        index.dataParts = 1;
    }

    /** Whatever stands in between, all parts of {@code proto_data} merge: the generated parser keeps its builder. */
    private void protoData() {
        index.dataKind = DataKind.PROTO;
        if (protoParts++ == 0) {
            protoStart = in.start();
            protoLength = in.length();
        }
        int outer = in.enter();
        while (in.next()) {
            if (in.tag() == Wire.TYPE_URL) {
                requireUtf8("type_url");
            }
        }
        in.leave(outer);
    }

    private void attribute() {
        if (!usualAttribute()) {
            anyAttribute();
        }
    }

    /**
     * Nearly every entry is a name and a string, both ASCII and all in less than 128 bytes: {@code 0A n name 12 v 1A s
     * text}. Then its numbers take one byte each and add up, and nothing else needs to be looked at; nor whether it is
     * ASCII, if it is UTF-8 for sure.
     */
    private boolean usualAttribute() {
        int start = in.start();
        int end = in.end();
        if (end - start < 6 || bytes[start] != Wire.KEY || !(knowsTexts || Utf8.isAscii(bytes, start, end))) {
            return false;
        }
        int keyLength = bytes[start + 1];
        int value = start + 2 + keyLength;
        if (keyLength < 0 || value > end - 4 || bytes[value] != Wire.VALUE || bytes[value + 2] != Wire.CE_STRING) {
            return false;
        }
        int textLength = bytes[value + 3];
        if (value + 4 + textLength != end || bytes[value + 1] != textLength + 2) {
            return false;
        }
        entry(in.tagStart(), end, start + 2, keyLength);
        return true;
    }

    private void entry(int tagStart, int end, int keyStart, int keyLength) {
        index.addEntry(tagStart, end, keyStart, keyLength, NameHead.of(bytes, keyStart, keyLength));
    }

    private void anyAttribute() {
        int tagStart = in.tagStart();
        int end = in.end();
        int keyStart = in.start();
        int keyLength = 0;
        int outer = in.enter();
        while (in.next()) {
            if (in.tag() == Wire.KEY) {
                requireUtf8("attribute name");
                keyStart = in.start();
                keyLength = in.length();
            } else if (in.tag() == Wire.VALUE) {
                attributeValue();
            }
        }
        in.leave(outer);
        entry(tagStart, end, keyStart, keyLength);
    }

    private void attributeValue() {
        int outer = in.enter();
        while (in.next()) {
            switch (in.tag()) {
                case Wire.CE_STRING -> requireUtf8("attribute value");
                case Wire.CE_URI, Wire.CE_URI_REF -> {
                    requireUtf8("attribute value");
                    index.hasTypedValues = true;
                }
                case Wire.CE_TIMESTAMP -> {
                    index.hasTypedValues = true;
                    int valueEnd = in.enter();
                    while (in.next()) {
                        // Its fields are numbers, and the cursor has looked at them.
                    }
                    in.leave(valueEnd);
                }
                default -> {}
            }
        }
        in.leave(outer);
    }

    private void requireUtf8(String what) {
        if (!knowsTexts && !Utf8.isValid(bytes, in.start(), in.end())) {
            throw in.malformed(what + " that is not UTF-8 (expected: UTF-8)", in.start());
        }
    }
}
