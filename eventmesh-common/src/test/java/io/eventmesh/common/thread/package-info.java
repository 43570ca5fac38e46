@NullMarked
package io.eventmesh.common.thread;

import org.jspecify.annotations.NullMarked;
