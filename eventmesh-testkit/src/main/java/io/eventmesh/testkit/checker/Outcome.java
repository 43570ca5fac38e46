package io.eventmesh.testkit.checker;

/** What a producer knows of an event that it sent. */
public enum Outcome {
    /** The mesh said that it is stored. */
    OK,
    /** The mesh refused it, and promised that it is not stored. */
    FAIL,
    /** It may be stored or not. */
    UNKNOWN
}
