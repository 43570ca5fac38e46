/** Value types of configuration records and the checks in their constructors. */
@NullMarked
package io.eventmesh.common.config;

import org.jspecify.annotations.NullMarked;
