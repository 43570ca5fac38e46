package io.eventmesh.admin;

import io.eventmesh.common.thread.NamedThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Stands before a server and can stop handing on what comes, as a server or a network that hangs: connections stand and
 * are taken, no byte goes either way.
 */
public final class StallingProxy implements AutoCloseable {
    private final ServerSocket door;
    private final int target;
    private final NamedThreads threads = new NamedThreads("proxy");
    private final Queue<Socket> open = new ConcurrentLinkedQueue<>();
    private boolean stalled;

    /** @param target port on this host */
    public StallingProxy(int target) {
        this.target = target;
        try {
            door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        threads.newThread(this::accept).start();
    }

    public int port() {
        return door.getLocalPort();
    }

    public synchronized void stall() {
        stalled = true;
    }

    public synchronized void flow() {
        stalled = false;
        notifyAll();
    }

    private synchronized void pass() throws InterruptedException {
        while (stalled) {
            wait();
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket client = door.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                open.add(client);
                open.add(server);
                threads.newThread(() -> hand(client, server)).start();
                threads.newThread(() -> hand(server, client)).start();
            }
        } catch (IOException closed) {
            // the proxy ends
        }
    }

    private void hand(Socket from, Socket to) {
        byte[] buffer = new byte[8_192];
        try (from;
                to) {
            int read;
            while ((read = from.getInputStream().read(buffer)) >= 0) {
                pass();
                to.getOutputStream().write(buffer, 0, read);
            }
        } catch (IOException | InterruptedException ended) {
            // one of both sides went
        }
    }

    @Override
    public void close() {
        flow();
        try {
            door.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
