@NullMarked
package io.eventmesh.admin.schedule;

import org.jspecify.annotations.NullMarked;
