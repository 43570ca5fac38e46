/** The connector role: runs the source and sink tasks that the admin assigned to this process. */
@NullMarked
package io.eventmesh.runtime.connector;

import org.jspecify.annotations.NullMarked;
