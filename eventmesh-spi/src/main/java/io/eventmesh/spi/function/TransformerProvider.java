package io.eventmesh.spi.function;

import io.eventmesh.spi.plugin.Plugin;

/** Makes transformers of one kind; the kind is the plugin's name: {@code constant}, {@code template}, {@code jsonata}. */
public interface TransformerProvider extends Plugin {
    /**
     * Makes a transformer. What can be seen to be wrong without an event is refused here.
     *
     * @param spec JSON, as it stands in the rule
     * @throws InvalidSpec RULE_INVALID with path and reason
     */
    Transformer compile(String spec, TransformTerms terms);
}
