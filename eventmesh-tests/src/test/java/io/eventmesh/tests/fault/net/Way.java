package io.eventmesh.tests.fault.net;

/** A direction through a {@link FaultProxy}. */
public enum Way {
    TO_SERVER,
    TO_CLIENT
}
