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
    PARKED("parked");

    private final String family;

    Table(String family) {
        this.family = family;
    }

    String family() {
        return family;
    }

    /** Whether its values are large, written once and read seldom. */
    boolean isLarge() {
        return this == RECORDS || this == PARKED;
    }
}
