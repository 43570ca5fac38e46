package io.eventmesh.runtime;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.runtime.config.Configuration;
import io.eventmesh.spi.plugin.Plugins;
import java.nio.file.Path;
import java.util.random.RandomGenerator;

/**
 * What a runtime process is made of.
 *
 * @param base where relative paths of the configuration begin
 * @param host the machine's name
 * @param random must not be foreseeable: ids and the cluster key come from it
 */
record ProcessSetup(
        Configuration configuration,
        Plugins plugins,
        MeshClock clock,
        RandomGenerator random,
        Path base,
        String host,
        String version) {

    /** Where this installation keeps data. */
    Path dataDirectory() {
        return base.resolve(configuration.core().data());
    }
}
