package io.eventmesh.spi.event;

/** The tags of the event's protobuf messages. Spec: CloudEvents protobuf format 1.0.2. */
final class Wire {
    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int LENGTH_DELIMITED = 2;
    static final int START_GROUP = 3;
    static final int END_GROUP = 4;
    static final int FIXED32 = 5;

    /** CloudEvent. */
    static final int ID = 1 << 3 | LENGTH_DELIMITED;

    static final int SOURCE = 2 << 3 | LENGTH_DELIMITED;
    static final int SPEC_VERSION = 3 << 3 | LENGTH_DELIMITED;
    static final int TYPE = 4 << 3 | LENGTH_DELIMITED;
    static final int ATTRIBUTES = 5 << 3 | LENGTH_DELIMITED;
    static final int BINARY_DATA = 6 << 3 | LENGTH_DELIMITED;
    static final int TEXT_DATA = 7 << 3 | LENGTH_DELIMITED;
    static final int PROTO_DATA = 8 << 3 | LENGTH_DELIMITED;

    /** One entry of the map of attributes. */
    static final int KEY = 1 << 3 | LENGTH_DELIMITED;

    static final int VALUE = 2 << 3 | LENGTH_DELIMITED;

    /** CloudEventAttributeValue. */
    static final int CE_BOOLEAN = 1 << 3 | VARINT;

    static final int CE_INTEGER = 2 << 3 | VARINT;
    static final int CE_STRING = 3 << 3 | LENGTH_DELIMITED;
    static final int CE_BYTES = 4 << 3 | LENGTH_DELIMITED;
    static final int CE_URI = 5 << 3 | LENGTH_DELIMITED;
    static final int CE_URI_REF = 6 << 3 | LENGTH_DELIMITED;
    static final int CE_TIMESTAMP = 7 << 3 | LENGTH_DELIMITED;

    /** google.protobuf.Timestamp. */
    static final int SECONDS = 1 << 3 | VARINT;

    static final int NANOS = 2 << 3 | VARINT;

    /** google.protobuf.Any. */
    static final int TYPE_URL = 1 << 3 | LENGTH_DELIMITED;

    private Wire() {}
}
