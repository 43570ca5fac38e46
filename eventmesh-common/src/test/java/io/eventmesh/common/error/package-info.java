@NullMarked
package io.eventmesh.common.error;

import org.jspecify.annotations.NullMarked;
