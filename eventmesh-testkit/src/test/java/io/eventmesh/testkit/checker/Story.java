package io.eventmesh.testkit.checker;

import io.eventmesh.spi.storage.Progress;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A history told by hand: one producer p, one group g, one partition; each sentence happens after the one before. */
final class Story {
    static final String GROUP = "g";
    static final String PARTITION = "s-0";

    final History history = new History();
    private long now;

    static EventId event(long seq) {
        return new EventId("p", seq);
    }

    static Place at(long offset) {
        return new Place(PARTITION, offset);
    }

    Story sending(long seq, @Nullable String key) {
        history.add(new Observation.Sending(++now, event(seq), "t", key, seq));
        return this;
    }

    Story stored(long seq, long offset) {
        history.add(new Observation.Answered(++now, event(seq), Outcome.OK, at(offset)));
        return this;
    }

    Story answered(long seq, Outcome outcome) {
        history.add(new Observation.Answered(++now, event(seq), outcome, null));
        return this;
    }

    /** Sends and stores event n at offset n. */
    Story published(long seq, @Nullable String key) {
        return sending(seq, key).stored(seq, seq);
    }

    Story offered(String member, long seq, long offset) {
        history.add(new Observation.Offered(++now, GROUP, member, event(seq), at(offset), seq, 1));
        return this;
    }

    Story damaged(String member, long seq, long offset) {
        history.add(new Observation.Offered(++now, GROUP, member, event(seq), at(offset), seq + 1_000, 1));
        return this;
    }

    Story settled(String member, long offset, Fate fate) {
        history.add(new Observation.Settled(++now, GROUP, member, at(offset), fate));
        return this;
    }

    Story processed(String member, long offset) {
        return offered(member, offset, offset).settled(member, offset, Fate.ACKED);
    }

    Story progress(long watermark, int... above) {
        BitSet bits = new BitSet();
        for (int bit : above) {
            bits.set(bit);
        }
        return progress(Progress.of(watermark, bits), Set.of());
    }

    Story progress(Progress progress, Set<Long> parked) {
        history.add(new Observation.Progressed(++now, GROUP, PARTITION, progress, parked));
        return this;
    }

    Story buried(long offset) {
        history.add(new Observation.DeadLettered(++now, GROUP, event(offset), at(offset)));
        return this;
    }

    Story missed(long from, long to) {
        history.add(new Observation.Missed(++now, GROUP, PARTITION, from, to));
        return this;
    }

    Story disturbed(long mayRepeat) {
        history.add(new Observation.Disturbed(++now, GROUP, "on purpose", mayRepeat));
        return this;
    }

    Story assigned(String owner, long epoch) {
        history.add(new Observation.Assigned(++now, GROUP, PARTITION, epoch, owner));
        return this;
    }

    Story committed(String owner, long epoch) {
        history.add(new Observation.Committed(++now, GROUP, PARTITION, epoch, owner));
        return this;
    }

    Verdict verdict() {
        return verdict(new Audience(GROUP, sent -> true, Long.MIN_VALUE, true, 3));
    }

    Verdict verdict(Audience audience) {
        return new Checker(List.of(audience), true).check(history);
    }
}
