@NullMarked
package io.eventmesh.connector.file;

import org.jspecify.annotations.NullMarked;
