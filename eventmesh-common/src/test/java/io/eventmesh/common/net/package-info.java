@NullMarked
package io.eventmesh.common.net;

import org.jspecify.annotations.NullMarked;
