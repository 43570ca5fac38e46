package io.eventmesh.meta.zookeeper;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** Asks who sits on a loopback port. */
final class LoopbackProbe {
    private static final int WAIT_MILLIS = 500;

    private LoopbackProbe() {}

    /** Whether a ZooKeeper answers its {@code srvr} command there. Blocks for a second at most. */
    static boolean zooKeeperAnswers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), WAIT_MILLIS);
            socket.setSoTimeout(WAIT_MILLIS);
            socket.getOutputStream().write("srvr".getBytes(US_ASCII));
            byte[] answer = socket.getInputStream().readNBytes("Zookeeper".length());
            return new String(answer, US_ASCII).equals("Zookeeper");
        } catch (IOException silent) {
            return false;
        }
    }
}
