@NullMarked
package io.eventmesh.common.topic;

import org.jspecify.annotations.NullMarked;
