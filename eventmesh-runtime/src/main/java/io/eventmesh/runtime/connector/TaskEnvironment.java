package io.eventmesh.runtime.connector;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.runtime.admin.TaskRecords;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.plugin.Plugins;
import java.util.concurrent.Executor;
import java.util.function.DoubleSupplier;

/**
 * What tasks work with.
 *
 * @param runtime the id of the process, the name by which its tasks publish
 * @param closing runs what closes the plugin of a severed task, each on a thread of its own: it may never return
 * @param random 0 to 1, for the jitter of back-offs
 */
record TaskEnvironment(
        String runtime,
        ConnectorConfig config,
        MeshClock clock,
        Plugins plugins,
        Mesh mesh,
        TaskRecords records,
        PluginConfigs configs,
        Executor closing,
        DoubleSupplier random) {}
