/** The role admin: what people ask for by REST, runtimes are told by gRPC and the database keeps. */
@NullMarked
package io.eventmesh.admin;

import org.jspecify.annotations.NullMarked;
