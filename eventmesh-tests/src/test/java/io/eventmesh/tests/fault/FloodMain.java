package io.eventmesh.tests.fault;

import io.eventmesh.sdk.EventMesh;
import io.eventmesh.testkit.checker.History;
import io.eventmesh.testkit.checker.HistoryFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A {@link Flood} in a process of its own. Arguments: address, name, file, stream, group, rate, size. Prints how it stands
 * again and again; stops when its standard input ends, writes its history when all is answered, and prints Done.
 */
final class FloodMain {
    private static final int TELL_MILLIS = 50;

    private FloodMain() {}

    public static void main(String[] arguments) throws Exception {
        Route route = new Route(arguments[3], arguments[4]);
        CountDownLatch stopped = new CountDownLatch(1);
        Thread listening = new Thread(() -> {
            try {
                System.in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException gone) {
                System.out.println(gone.getMessage());
            }
            stopped.countDown();
        });
        listening.setDaemon(true);
        listening.start();
        try (EventMesh client = Reroute.client(arguments[0]);
                Flood flood = new Flood(
                        route, arguments[1], client, Integer.parseInt(arguments[5]), Integer.parseInt(arguments[6]))) {
            flood.start();
            while (!stopped.await(TELL_MILLIS, TimeUnit.MILLISECONDS)) {
                tell(flood);
            }
            flood.stop();
            CountDownLatch nobody = new CountDownLatch(1);
            while (!flood.isAnswered() && !nobody.await(TELL_MILLIS, TimeUnit.MILLISECONDS)) {
                tell(flood);
            }
            tell(flood);
            History history = new History();
            flood.tell(history);
            try (HistoryFile file = new HistoryFile(Path.of(arguments[2]))) {
                history.inOrder().forEach(file::add);
            }
            System.out.println("Done");
        }
    }

    private static void tell(Flood flood) {
        String failure = flood.failure();
        System.out.printf(
                "stored=%d failed=%d %s%n",
                flood.stored(), flood.failed(), failure == null ? "" : failure.replace('\n', ' '));
    }
}
