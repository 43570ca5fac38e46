@NullMarked
package io.eventmesh.runtime.admin;

import org.jspecify.annotations.NullMarked;
