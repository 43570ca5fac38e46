package io.eventmesh.sdk.remote;

import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.spi.mesh.MeshEndpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Stands in front of a runtime and lets bytes through, until it is told to hold them back for good, as a network does that
 * was cut, or to reset its connections, as a host does that forgot them.
 */
final class Gate implements AutoCloseable {
    private static final int BUFFER = 16 << 10;

    private final ServerSocket door;
    private final int target;
    private final ExecutorService threads = Executors.newCachedThreadPool(new NamedThreads("test-gate"));
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile boolean held;

    private Gate(ServerSocket door, int target) {
        this.door = door;
        this.target = target;
    }

    /** In front of the runtime. */
    static Gate to(TestRuntime runtime) throws IOException {
        String address = runtime.endpoint().grpc();
        return open(Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)));
    }

    /** In front of nobody: connections are taken and nothing is ever said on them. */
    static Gate toNobody() throws IOException {
        Gate gate = open(0);
        gate.hold();
        return gate;
    }

    private static Gate open(int target) throws IOException {
        Gate gate = new Gate(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
        gate.threads.execute(gate::accept);
        return gate;
    }

    MeshEndpoint endpoint(String runtime) {
        return new MeshEndpoint(runtime, "127.0.0.1:" + door.getLocalPort(), "");
    }

    /** Lets no more bytes through, in either direction, and says nothing about it. */
    void hold() {
        held = true;
    }

    /** Resets all connections and takes no new ones. */
    void reset() throws IOException {
        door.close();
        for (Socket socket : sockets) {
            if (!socket.isClosed()) {
                socket.setSoLinger(true, 0);
                socket.close();
            }
        }
    }

    int connections() {
        return sockets.size();
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                Socket client = door.accept();
                sockets.add(client);
                if (target != 0) {
                    Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                    sockets.add(server);
                    threads.execute(() -> pass(client, server));
                    threads.execute(() -> pass(server, client));
                }
            } catch (IOException closed) {
                // the loop looks whether that is the end
            }
        }
    }

    private void pass(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (!held) {
                    out.write(buffer, 0, read);
                }
            }
            to.close();
        } catch (IOException reset) {
            // as the test wanted
        }
    }

    @Override
    public void close() throws IOException {
        reset();
        threads.shutdownNow();
    }
}
