package io.eventmesh.runtime.simulation;

import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.Storage;
import java.util.concurrent.CompletionStage;

/** A collaborator of the mesh that breaks a promise; one for each life, the same for all its meshes. */
interface PlantedBug {
    PlantedBug NONE = new PlantedBug() {};

    /** What keeps the bytes. */
    default Storage disk(Storage honest) {
        return honest;
    }

    /** What the mesh gets for the storage, which may refuse. */
    default Storage storage(Storage honest) {
        return honest;
    }

    /** How members come to the mesh. */
    default CompletionStage<Member> subscribe(
            Mesh honest, CallContext context, SubscribeTerms terms, Receiver receiver) {
        return honest.subscribe(context, terms, receiver);
    }
}
