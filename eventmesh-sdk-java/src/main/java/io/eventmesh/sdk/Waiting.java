package io.eventmesh.sdk;

import io.eventmesh.spi.mesh.Delivery;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Consumer;

/** A delivery in the queue of an executor, that can be forgotten there as long as nobody has begun with it. */
record Waiting(Delivery delivery, Consumer<Delivery> begin) implements Runnable {
    @Override
    public void run() {
        begin.accept(delivery);
    }

    /** Takes the deliveries out of the queue that no thread has taken; what else stands there stays. */
    static List<Delivery> forget(ThreadPoolExecutor threads) {
        List<Delivery> forgotten = new ArrayList<>();
        threads.getQueue().removeIf(task -> task instanceof Waiting waiting && forgotten.add(waiting.delivery()));
        return forgotten;
    }
}
