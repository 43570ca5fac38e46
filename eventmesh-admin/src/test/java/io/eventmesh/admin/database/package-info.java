@NullMarked
package io.eventmesh.admin.database;

import org.jspecify.annotations.NullMarked;
