/** Events in HTTP requests and answers: reading them, writing them, and what a status means. */
@NullMarked
package io.eventmesh.http;

import org.jspecify.annotations.NullMarked;
