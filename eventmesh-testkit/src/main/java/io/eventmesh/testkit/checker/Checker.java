package io.eventmesh.testkit.checker;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds a history that has come to rest against the mesh's promises: nothing stored is lost, nothing is invented or
 * changed, order per key, progress behind what is not done, bounded repeats, one owner under one epoch.
 *
 * <p>Knows nothing but the history. An observer that dies may leave its last observations out; then less is checked and
 * nothing found that is not there, provided that it notes what it sends before it sends it. Immutable, thread-safe.
 */
public final class Checker {
    private final List<Audience> audiences;
    private final boolean sentInOrder;

    /**
     * @param audiences all groups; what others saw is not looked at
     * @param sentInOrder whether no producer sends an event again, so that storage must keep its order
     */
    public Checker(List<Audience> audiences, boolean sentInOrder) {
        this.audiences = List.copyOf(audiences);
        this.sentInOrder = sentInOrder;
    }

    public Verdict check(History history) {
        List<Finding> findings = new ArrayList<>();
        SentEvents sent = new SentEvents();
        OwnerCheck owners = new OwnerCheck(findings);
        Map<String, GroupCheck> groups = new LinkedHashMap<>();
        audiences.forEach(audience -> groups.put(audience.group(), new GroupCheck(audience, sent, findings)));
        for (Observation seen : history.inOrder()) {
            look(seen, sent, owners, groups);
        }
        if (sentInOrder) {
            sent.checkOrder(findings);
        }
        groups.values().forEach(GroupCheck::end);
        return new Verdict(
                List.copyOf(findings),
                sent.size(),
                sent.count(Outcome.OK),
                sent.count(Outcome.UNKNOWN),
                groups.values().stream().mapToLong(group -> group.offers).sum(),
                groups.values().stream().mapToLong(GroupCheck::processed).sum(),
                groups.values().stream().mapToLong(GroupCheck::deadLettered).sum(),
                groups.values().stream().mapToLong(group -> group.repeats).sum(),
                groups.values().stream().mapToLong(group -> group.excused).sum());
    }

    private static void look(Observation seen, SentEvents sent, OwnerCheck owners, Map<String, GroupCheck> groups) {
        if (seen instanceof Observation.Sending sending) {
            sent.sending(sending);
        } else if (seen instanceof Observation.Answered answered) {
            SentEvents.Sent event = sent.answered(answered);
            if (event != null) {
                groups.values().forEach(group -> group.stored(event));
            }
        } else if (seen instanceof Observation.Assigned assigned) {
            owners.assigned(assigned);
        } else if (seen instanceof Observation.Committed committed) {
            owners.committed(committed);
        } else {
            lookAtGroup(seen, groups);
        }
    }

    private static void lookAtGroup(Observation seen, Map<String, GroupCheck> groups) {
        if (seen instanceof Observation.Offered offered) {
            of(offered.group(), groups, group -> group.offered(offered));
        } else if (seen instanceof Observation.Settled settled) {
            of(settled.group(), groups, group -> group.settled(settled));
        } else if (seen instanceof Observation.Progressed progressed) {
            of(progressed.group(), groups, group -> group.progressed(progressed));
        } else if (seen instanceof Observation.DeadLettered letter) {
            of(letter.group(), groups, group -> group.deadLettered(letter));
        } else if (seen instanceof Observation.Missed missed) {
            of(missed.group(), groups, group -> group.missed(missed));
        } else if (seen instanceof Observation.Disturbed disturbed) {
            of(disturbed.group(), groups, group -> group.disturbed(disturbed));
        }
    }

    private interface Look {
        void at(GroupCheck group);
    }

    private static void of(String name, Map<String, GroupCheck> groups, Look look) {
        @Nullable GroupCheck group = groups.get(name);
        if (group != null) {
            look.at(group);
        }
    }
}
