package io.eventmesh.runtime.plugin;

import io.eventmesh.spi.function.Filter;
import io.eventmesh.spi.function.FilterProvider;

/** A filter that takes everything, under some name. */
public abstract class NamedFilter implements FilterProvider {
    private final String name;

    protected NamedFilter(String name) {
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Filter compile(String spec) {
        return event -> true;
    }
}
