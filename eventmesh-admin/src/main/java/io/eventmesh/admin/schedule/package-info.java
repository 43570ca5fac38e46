/** Which runtime runs which task: the decisions, and the leader that carries them out. */
@NullMarked
package io.eventmesh.admin.schedule;

import org.jspecify.annotations.NullMarked;
