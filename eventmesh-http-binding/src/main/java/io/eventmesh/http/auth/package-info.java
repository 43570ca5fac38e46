/** How a caller proves over HTTP who it is: tokens by client credentials, signatures of webhooks. */
@NullMarked
package io.eventmesh.http.auth;

import org.jspecify.annotations.NullMarked;
