/** Where threads come from, and how work on one state is put in a row. */
@NullMarked
package io.eventmesh.common.thread;

import org.jspecify.annotations.NullMarked;
