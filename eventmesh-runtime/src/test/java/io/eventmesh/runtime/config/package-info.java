@NullMarked
package io.eventmesh.runtime.config;

import org.jspecify.annotations.NullMarked;
