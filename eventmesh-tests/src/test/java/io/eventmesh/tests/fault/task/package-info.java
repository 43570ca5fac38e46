/** Connector runtimes, leading admins and ZooKeeper are killed, paused and taken away under tasks that count. */
@NullMarked
package io.eventmesh.tests.fault.task;

import org.jspecify.annotations.NullMarked;
