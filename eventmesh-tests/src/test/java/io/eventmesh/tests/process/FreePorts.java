package io.eventmesh.tests.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/**
 * Ports that must be known before somebody binds them. They lie below those that the kernel gives to outgoing
 * connections, so that a server which is down for a moment finds its port free when it comes back. Each of the processes
 * that run tests side by side, of which property {@code eventmesh.fork} is the number, has its own.
 */
public final class FreePorts {
    private static final int FORKS = 4;
    private static final int COUNT = 4_500;
    private static final int FIRST = 12_000 + Integer.getInteger("eventmesh.fork", 1) % FORKS * COUNT;
    private static final int TRIES = 1_000;

    private final Random random = new Random();
    private final Set<Integer> given = new HashSet<>();

    /** Another one each time. */
    public int next() {
        for (int i = 0; i < TRIES; i++) {
            int port = FIRST + random.nextInt(COUNT);
            if (given.add(port) && isFree(port)) {
                return port;
            }
        }
        throw new IllegalStateException("free ports from %d: none (expected: some)".formatted(FIRST));
    }

    private static boolean isFree(int port) {
        try (ServerSocket bound = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return bound.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
