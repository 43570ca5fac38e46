@NullMarked
package io.eventmesh.common.config;

import org.jspecify.annotations.NullMarked;
