package io.eventmesh.sdk.remote;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.proto.v1.EndpointsRequest;
import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Asks one runtime for all, and waits for the answer: for the discovery's own thread only. */
final class EndpointQuery implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final int MAX_ANSWER = 1 << 20;
    private static final JsonFactory JSON = new JsonFactory();

    private final CallHeaders headers;
    private final EventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, new NamedThreads("mesh-client-seed-io"), NioIoHandler.newFactory());

    EndpointQuery(CallHeaders headers) {
        this.headers = headers;
    }

    /** @throws EventMeshException when the runtime does not answer */
    List<MeshEndpoint> overGrpc(String address) {
        ManagedChannel channel = NettyChannelBuilder.forTarget(address)
                .usePlaintext()
                .eventLoopGroup(loops)
                .channelType(NioSocketChannel.class)
                .directExecutor()
                .build();
        try {
            return MeshServiceGrpc.newBlockingStub(channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers.next()))
                    .withDeadlineAfter(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .endpoints(EndpointsRequest.getDefaultInstance())
                    .getEndpointsList()
                    .stream()
                    .map(one -> new MeshEndpoint(one.getRuntime(), one.getGrpc(), one.getHttp()))
                    .toList();
        } catch (StatusRuntimeException failure) {
            Metadata trailers = failure.getTrailers();
            throw Refusals.of(failure.getStatus(), trailers == null ? new Metadata() : trailers);
        } finally {
            channel.shutdownNow();
        }
    }

    /**
     * @throws IOException when the runtime does not answer, or with something else
     * @throws EventMeshException UNAUTHENTICATED when there is no token where there should be one
     */
    List<MeshEndpoint> overHttp(String url) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url + "/v1/endpoints").toURL().openConnection();
        connection.setConnectTimeout((int) TIMEOUT.toMillis());
        connection.setReadTimeout((int) TIMEOUT.toMillis());
        connection.setInstanceFollowRedirects(false);
        String authorization = headers.authorization();
        if (authorization != null) {
            connection.setRequestProperty("Authorization", authorization);
        }
        try {
            if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
                throw new IOException("status: " + connection.getResponseCode() + " (expected: 200)");
            }
            try (InputStream body = connection.getInputStream()) {
                return parse(body.readNBytes(MAX_ANSWER));
            }
        } finally {
            connection.disconnect();
        }
    }

    /** Reads {@code {"endpoints": [{"runtime": …, "grpc": …, "http": …}]}}; what else stands there is passed over. */
    static List<MeshEndpoint> parse(byte[] json) throws IOException {
        List<MeshEndpoint> endpoints = new ArrayList<>();
        try (JsonParser in = JSON.createParser(json)) {
            require(in.nextToken() == JsonToken.START_OBJECT);
            while (in.nextToken() == JsonToken.FIELD_NAME) {
                boolean wanted = in.currentName().equals("endpoints");
                JsonToken value = in.nextToken();
                if (!wanted) {
                    in.skipChildren();
                    continue;
                }
                require(value == JsonToken.START_ARRAY);
                while (in.nextToken() != JsonToken.END_ARRAY) {
                    require(in.currentToken() == JsonToken.START_OBJECT);
                    endpoints.add(endpoint(in));
                }
            }
        }
        return endpoints;
    }

    private static MeshEndpoint endpoint(JsonParser in) throws IOException {
        String runtime = "";
        String grpc = "";
        String http = "";
        while (in.nextToken() == JsonToken.FIELD_NAME) {
            String name = in.currentName();
            JsonToken value = in.nextToken();
            if (value != JsonToken.VALUE_STRING) {
                in.skipChildren();
                continue;
            }
            switch (name) {
                case "runtime" -> runtime = in.getText();
                case "grpc" -> grpc = in.getText();
                case "http" -> http = in.getText();
                default -> {}
            }
        }
        return new MeshEndpoint(runtime, grpc, http);
    }

    private static void require(boolean holds) throws IOException {
        if (!holds) {
            throw new IOException("answer: not understood (expected: {\"endpoints\": [{…}]})");
        }
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
}
