@NullMarked
package io.eventmesh.admin.sync;

import org.jspecify.annotations.NullMarked;
