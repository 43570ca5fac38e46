/** The meta store on ZooKeeper through Curator, and the embedded server that the processes of one machine share. */
@NullMarked
package io.eventmesh.meta.zookeeper;

import org.jspecify.annotations.NullMarked;
