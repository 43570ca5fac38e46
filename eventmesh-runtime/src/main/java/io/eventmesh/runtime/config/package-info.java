/** Where configuration comes from, what the core's own keys are, and their generated reference. */
@NullMarked
package io.eventmesh.runtime.config;

import org.jspecify.annotations.NullMarked;
