package io.eventmesh.benchmarks.system;

import io.eventmesh.proto.cloudevents.CloudEvent;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * From the start of {@code bin/start.sh --role=mesh} to its first accepted publish, with ZooKeeper running in another
 * process. The first start may make the class-data archive and does not count.
 */
final class StartUp {
    private final Servers servers;

    StartUp(Servers servers) {
        this.servers = servers;
    }

    void print(int starts) throws Exception {
        List<Double> seconds = new ArrayList<>();
        try (ServerProcess host = servers.mesh("", "gRPC")) {
            String zookeeper = host.printed("Meta:.*?([0-9.]+:[0-9]+)");
            for (int i = 0; i <= starts; i++) {
                double took = once(zookeeper, "start-" + i);
                if (i > 0) {
                    seconds.add(took);
                }
            }
        }
        seconds.sort(null);
        System.out.printf(
                "start to first accepted publish: median %.2f s of %s%n",
                seconds.get(seconds.size() / 2),
                seconds.stream().map("%.2f"::formatted).toList());
    }

    private double once(String zookeeper, String cluster) throws IOException, InterruptedException {
        long start = System.nanoTime();
        try (ServerProcess mesh = servers.mesh("", "gRPC", "meta.connect=" + zookeeper, "cluster=" + cluster)) {
            ManagedChannel channel = io.grpc.netty.NettyChannelBuilder.forAddress(mesh.host(), mesh.port())
                    .usePlaintext()
                    .build();
            try {
                byte[] event = new SampleEvent("start/first", 100).numbered(1);
                byte[] answer = ClientCalls.blockingUnaryCall(channel, Trial.PUBLISH, RawBytes.options(), event);
                double took = (System.nanoTime() - start) / 1e9;
                String status = CloudEvent.parseFrom(answer)
                        .getAttributesOrThrow("statuscode")
                        .getCeString();
                if (!status.equals("0")) {
                    throw new IllegalStateException("first publish: status code " + status);
                }
                return took;
            } finally {
                channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
            }
        }
    }
}
