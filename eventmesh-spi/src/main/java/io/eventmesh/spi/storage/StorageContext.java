package io.eventmesh.spi.storage;

import io.eventmesh.common.time.MeshClock;
import java.nio.file.Path;

/**
 * What a storage is made with, beside its configuration.
 *
 * @param cluster the cluster's name, so that several clusters can share one engine
 * @param clock the process' clock
 * @param dataDirectory where a node-local storage may keep files, in a directory of its own name
 */
public record StorageContext(String cluster, MeshClock clock, Path dataDirectory) {}
