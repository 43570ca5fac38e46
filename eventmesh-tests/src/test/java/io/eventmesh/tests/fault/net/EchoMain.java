package io.eventmesh.tests.fault.net;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/** Answers every line with itself, one client after the other. Argument: the port, on all addresses. */
final class EchoMain {
    private EchoMain() {}

    public static void main(String[] arguments) throws IOException {
        try (ServerSocket server = new ServerSocket(Integer.parseInt(arguments[0]))) {
            System.out.println("Ready");
            while (true) {
                try (Socket client = server.accept()) {
                    client.setSoTimeout(2_000);
                    client.getInputStream().transferTo(client.getOutputStream());
                } catch (IOException broken) {
                    System.out.println(broken.getMessage());
                }
            }
        }
    }
}
