package io.eventmesh.spi.storage;

/** What survives when a storage said "stored". */
public enum Durability {
    /** Nothing: it lives in the process. */
    MEMORY,
    /** The end of the process, not of the machine. */
    OS,
    /** The end of the machine. */
    FSYNC,
    /** What the engine behind it promises, such as a replicated Kafka topic. */
    ENGINE
}
