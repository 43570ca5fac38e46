package io.eventmesh.tests.fault.net;

import io.eventmesh.common.time.MeshClock;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One direction of a {@link Link}: what is read on one side is written to the other when it is due. */
final class Flow extends ChannelInboundHandlerAdapter {
    /** More is left with its sender. */
    private static final int MOST_UNDER_WAY = 1 << 20;

    /** Bytes under way; none when the sender has closed its side. */
    private record Portion(@Nullable ByteBuf bytes, long due) {}

    private final Way way;
    private final Link link;
    private final Weather weather;
    private final MeshClock clock;
    private final Deque<Portion> underWay = new ArrayDeque<>();
    private int bytesUnderWay;
    private long newestDue;
    /** Until when the bytes that were sent take the line, where its width is bounded. */
    private long lineBusyUntil;

    private boolean arriving;
    private @Nullable Channel from;
    private @Nullable Channel to;

    Flow(Way way, Link link, Weather weather, MeshClock clock) {
        this.way = way;
        this.link = link;
        this.weather = weather;
        this.clock = clock;
        this.newestDue = clock.nanoTime();
        this.lineBusyUntil = newestDue;
    }

    /** Both sides are connected. */
    void begin(Channel reads, Channel writes) {
        from = reads;
        to = writes;
        adjust();
    }

    /** Reads on when it may. */
    void adjust() {
        Channel source = from;
        Channel target = to;
        if (source != null && target != null) {
            boolean goesOn = !weather.stalled.contains(way) && bytesUnderWay < MOST_UNDER_WAY && target.isWritable();
            source.config().setAutoRead(goesOn);
            arrive();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (weather.swallowed.contains(way)) {
            link.lostBytes();
            bytes.release();
        } else if (weather.isFine(way) && underWay.isEmpty() && !weather.stalled.contains(way)) {
            write(bytes);
        } else {
            send(bytes);
        }
    }

    private void send(ByteBuf bytes) {
        long now = clock.nanoTime();
        long due = now + weather.nextDelayNanos();
        if (weather.bytesPerSecond > 0) {
            lineBusyUntil = Math.max(lineBusyUntil, now)
                    + TimeUnit.SECONDS.toNanos(1) * bytes.readableBytes() / weather.bytesPerSecond;
            due += lineBusyUntil - now;
        }
        newestDue = Math.max(newestDue, due);
        underWay.add(new Portion(bytes, newestDue));
        bytesUnderWay += bytes.readableBytes();
        adjust();
    }

    /** Delivers what is due, and comes again for the rest. */
    private void arrive() {
        Channel source = from;
        if (arriving || source == null || weather.stalled.contains(way)) {
            return;
        }
        for (Portion next = underWay.peek(); next != null; next = underWay.peek()) {
            long wait = next.due() - clock.nanoTime();
            if (wait > 0) {
                arriving = true;
                var later = source.eventLoop()
                        .schedule(
                                () -> {
                                    arriving = false;
                                    adjust();
                                },
                                wait,
                                TimeUnit.NANOSECONDS);
                arriving = !later.isDone();
                return;
            }
            underWay.remove();
            if (next.bytes() == null) {
                link.end();
            } else {
                bytesUnderWay -= next.bytes().readableBytes();
                write(next.bytes());
            }
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored")
    private void write(ByteBuf bytes) {
        Channel target = to;
        if (target == null || !target.isActive()) {
            bytes.release();
            return;
        }
        Long allowed = weather.allowance.get(way);
        if (allowed != null && allowed < bytes.readableBytes()) {
            // what is allowed arrives, and then the break
            target.writeAndFlush(bytes.readRetainedSlice(allowed.intValue())).addListener(done -> link.reset());
            bytes.release();
            weather.allowance.remove(way);
            return;
        }
        if (allowed != null) {
            weather.allowance.put(way, allowed - bytes.readableBytes());
        }
        target.writeAndFlush(bytes);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        // the other direction writes here
        link.adjust();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (underWay.isEmpty()) {
            link.end();
        } else {
            underWay.add(new Portion(null, newestDue));
            arrive();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable broken) {
        link.reset();
    }

    /** The link is gone: nothing arrives any more. */
    void discard() {
        for (Portion portion = underWay.poll(); portion != null; portion = underWay.poll()) {
            if (portion.bytes() != null) {
                portion.bytes().release();
            }
        }
        bytesUnderWay = 0;
    }
}
