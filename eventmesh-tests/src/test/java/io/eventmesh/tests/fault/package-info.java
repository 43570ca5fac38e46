/**
 * What survives when processes are killed and disks are copied while events flow: histories of processes, held against
 * the checker.
 */
@NullMarked
package io.eventmesh.tests.fault;

import org.jspecify.annotations.NullMarked;
