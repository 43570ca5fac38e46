package io.eventmesh.function.transform;

import io.eventmesh.spi.function.Transformer;

/** A transformer that takes microseconds. */
abstract class Quick implements Transformer {
    @Override
    public final boolean isQuick() {
        return true;
    }
}
