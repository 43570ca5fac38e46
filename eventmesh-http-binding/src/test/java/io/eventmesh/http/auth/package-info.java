@NullMarked
package io.eventmesh.http.auth;

import org.jspecify.annotations.NullMarked;
