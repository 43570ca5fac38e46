package io.eventmesh.testkit.meta;

import io.eventmesh.spi.meta.MetaStore;
import java.util.List;

/** A candidate that keeps what it was told: {@code gained} and {@code lost}. Thread-safe. */
public final class ToldLeadership implements MetaStore.Leadership {
    private final Told<String> told = new Told<>();

    @Override
    public void gained() {
        told.accept("gained");
    }

    @Override
    public void lost() {
        told.accept("lost");
    }

    /** Everything so far, in order. */
    public List<String> events() {
        return told.all();
    }
}
