/** What people define, connectors and rules: reading, checking and storing them. */
@NullMarked
package io.eventmesh.admin.definition;

import org.jspecify.annotations.NullMarked;
