package io.eventmesh.protocol.http.client;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A name server whose answers a test chooses, one after another; none of them may be kept. Thread-safe. */
final class NameServer implements AutoCloseable {
    private static final int HEADER = 12;
    private static final int TYPE_A = 1;

    private final DatagramSocket socket;
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final List<List<String>> answers = new CopyOnWriteArrayList<>();
    private int lookUps;

    NameServer() throws IOException {
        socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        thread.execute(this::serve);
    }

    String address() {
        return "127.0.0.1:" + socket.getLocalPort();
    }

    /** The addresses of each look-up, in their order and with a comma between them; the last go on. */
    void answer(String... lookUps) {
        for (String each : lookUps) {
            answers.add(List.of(each.split(",", -1)));
        }
    }

    private void serve() {
        byte[] bytes = new byte[512];
        while (!socket.isClosed()) {
            try {
                DatagramPacket question = new DatagramPacket(bytes, bytes.length);
                socket.receive(question);
                byte[] answer = answer(bytes, question.getLength());
                socket.send(new DatagramPacket(answer, answer.length, question.getSocketAddress()));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private byte[] answer(byte[] bytes, int length) throws IOException {
        ByteBuffer question = ByteBuffer.wrap(bytes, 0, length);
        int end = HEADER;
        while (question.get(end) != 0) {
            end += question.get(end) + 1;
        }
        int type = question.getShort(end + 1);
        end += 5;
        List<String> addresses = type == TYPE_A ? answers.get(Math.min(lookUps++, answers.size() - 1)) : List.of();
        ByteBuffer answer = ByteBuffer.allocate(512);
        answer.putShort(question.getShort(0)).putShort((short) 0x8180).putShort((short) 1);
        answer.putShort((short) addresses.size()).putInt(0);
        answer.put(bytes, HEADER, end - HEADER);
        for (String each : addresses) {
            answer.putShort((short) 0xC00C)
                    .putShort((short) TYPE_A)
                    .putShort((short) 1)
                    .putInt(0);
            answer.putShort((short) 4).put(InetAddress.getByName(each).getAddress());
        }
        byte[] whole = new byte[answer.position()];
        answer.flip().get(whole);
        return whole;
    }

    @Override
    public void close() {
        socket.close();
        thread.shutdownNow();
    }
}
