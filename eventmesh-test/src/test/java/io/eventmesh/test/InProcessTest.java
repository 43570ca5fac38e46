package io.eventmesh.test;

/** The probe's promises where the client calls the mesh. */
@EventMeshTest
class InProcessTest extends ProbeContractTest {}
