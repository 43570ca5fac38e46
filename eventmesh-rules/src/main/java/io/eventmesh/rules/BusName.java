package io.eventmesh.rules;

/** A bus within its namespace. */
public record BusName(String namespace, String name) {
    @Override
    public String toString() {
        return namespace + ":" + name;
    }
}
