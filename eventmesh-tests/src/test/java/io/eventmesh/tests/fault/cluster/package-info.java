/**
 * Many processes under load while one thing after the other goes wrong: mesh runtimes, ZooKeeper, Kafka brokers, and what
 * is between them. Every round is held against the checker.
 */
@NullMarked
package io.eventmesh.tests.fault.cluster;

import org.jspecify.annotations.NullMarked;
