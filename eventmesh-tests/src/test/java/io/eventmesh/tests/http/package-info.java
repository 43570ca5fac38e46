/** The HTTP connectors, end to end through processes of the distribution. */
@NullMarked
package io.eventmesh.tests.http;

import org.jspecify.annotations.NullMarked;
