package io.eventmesh.storage.rocksdb;

/** The column families. Their order is that in which they are opened; a new one means a new format version. */
enum Table {
    /** Streams, groups, progress: small and few. */
    FACTS("default"),
    /** Where each chunk begins and what it holds. */
    INDEX("index"),
    /** The chunks of records. */
    RECORDS("records"),
    /** Tickets of parked events. */
    TICKETS("tickets"),
    /** What is parked. */
    PARKED("parked"),
    /** Facts and tickets once more, for when their own table is damaged; keys begin with the first letter of the table's name. */
    MIRROR("mirror");

    private final String family;

    Table(String family) {
        this.family = family;
    }

    String family() {
        return family;
    }

    /** Whether it is small and nothing can be rebuilt without it, so that it is kept twice. */
    boolean isMirrored() {
        return this == FACTS || this == TICKETS;
    }

    /** A key of this table in the mirror. */
    byte[] mirrored(byte[] key) {
        byte[] mirrored = new byte[key.length + 1];
        mirrored[0] = (byte) family.charAt(0);
        System.arraycopy(key, 0, mirrored, 1, key.length);
        return mirrored;
    }

    /** Whether its values are large, written once and read seldom. */
    boolean isLarge() {
        return this == RECORDS || this == PARKED;
    }
}
