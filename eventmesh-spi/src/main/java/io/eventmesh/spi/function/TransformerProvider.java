package io.eventmesh.spi.function;

import io.eventmesh.spi.plugin.Plugin;

/** Makes transformers of one kind; the kind is the plugin's name: {@code constant}, {@code template}, {@code jsonata}. */
public interface TransformerProvider extends Plugin {
    /**
     * Makes a transformer.
     *
     * @param spec JSON, as it stands in the rule
     * @param ruleName for predefined variables
     * @throws io.eventmesh.common.error.EventMeshException RULE_INVALID with path and reason
     */
    Transformer compile(String spec, String ruleName);
}
