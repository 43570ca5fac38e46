/** Networks that fail on purpose: a proxy between processes on loopback, and network namespaces with links between them. */
@NullMarked
package io.eventmesh.tests.fault.net;

import org.jspecify.annotations.NullMarked;
