@NullMarked
package io.eventmesh.admin;

import org.jspecify.annotations.NullMarked;
