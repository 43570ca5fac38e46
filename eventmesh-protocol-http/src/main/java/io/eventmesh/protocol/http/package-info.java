/** CloudEvents over HTTP: publishing in all modes, streams and polls, requests, push subscriptions. */
@NullMarked
package io.eventmesh.protocol.http;

import org.jspecify.annotations.NullMarked;
