package io.eventmesh.testkit.checker;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.spi.storage.Progress;
import io.eventmesh.testkit.checker.Finding.Kind;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CheckerTest {
    private final Story story = new Story();

    private void assertFound(Kind kind, long... seqs) {
        Verdict verdict = story.verdict();
        assertThat(verdict.findings()).as(verdict.summary()).hasSize(1);
        Finding finding = verdict.findings().get(0);
        assertThat(finding.kind()).isEqualTo(kind);
        assertThat(finding.events().stream().mapToLong(EventId::seq)).containsExactly(toBoxed(seqs));
    }

    private static Long[] toBoxed(long[] seqs) {
        Long[] boxed = new Long[seqs.length];
        for (int i = 0; i < seqs.length; i++) {
            boxed[i] = seqs[i];
        }
        return boxed;
    }

    private void assertClean() {
        assertThat(story.verdict().findings()).isEmpty();
    }

    @Test
    void aPlainLifeIsClean() {
        story.published(0, "a").published(1, "b").published(2, null);
        story.processed("m", 0).processed("n", 1).processed("m", 2).progress(3);

        assertClean();
        assertThat(story.verdict().summary()).contains("sent=3 stored=3", "processed=3", "repeats=0");
    }

    @Test
    void anEmptyHistoryIsClean() {
        assertClean();
    }

    // losses

    @Test
    void aStoredEventThatNobodyProcessedIsLost() {
        story.published(0, null).published(1, null).processed("m", 0);

        assertFound(Kind.LOSS, 1);
    }

    @Test
    void anEventThatWasOfferedAndNeverAckedIsLost() {
        story.published(0, null).offered("m", 0, 0).settled("m", 0, Fate.RELEASED);

        assertFound(Kind.LOSS, 0);
    }

    @Test
    void anEventInARecordedGapIsNotLost() {
        story.published(0, null).published(1, null).missed(0, 2);

        assertClean();
    }

    @Test
    void anEventOfUnknownOutcomeMayComeOrNot() {
        story.sending(0, null).answered(0, Outcome.UNKNOWN).sending(1, null).sending(2, null);
        story.processed("m", 2);

        assertClean();
        assertThat(story.verdict().unknown()).isEqualTo(3);
    }

    @Test
    void whatWasSentBeforeTheGroupBeganMayComeOrNot() {
        story.published(0, null).published(1, null).processed("m", 1);

        assertThat(story.verdict(new Audience(Story.GROUP, sent -> true, 3, true, 3))
                        .findings())
                .isEmpty();
    }

    @Test
    void whatTheGroupDoesNotWantNeedNotCome() {
        story.published(0, "a");

        assertThat(story.verdict(new Audience(Story.GROUP, sent -> !"a".equals(sent.key()), 0, true, 3))
                        .findings())
                .isEmpty();
    }

    // phantoms

    @Test
    void anEventThatWasNeverSentIsAPhantom() {
        story.processed("m", 7);

        assertFound(Kind.PHANTOM, 7);
    }

    @Test
    void anEventThatComesBeforeItIsSentIsAPhantom() {
        story.processed("m", 0).published(0, null);

        assertFound(Kind.PHANTOM, 0);
    }

    @Test
    void aRefusedEventThatComesIsAPhantom() {
        story.sending(0, null).processed("m", 0).answered(0, Outcome.FAIL);

        assertFound(Kind.PHANTOM, 0);
    }

    @Test
    void anEventOfAnotherGroupIsAPhantom() {
        story.published(0, "a").processed("m", 0);

        assertThat(story.verdict(new Audience(Story.GROUP, sent -> !"a".equals(sent.key()), 0, true, 3))
                        .has(Kind.PHANTOM))
                .isTrue();
    }

    @Test
    void anEventMayComeBeforeItsProducerHearsThatItIsStored() {
        story.sending(0, null).processed("m", 0).progress(1).stored(0, 0);

        assertClean();
    }

    // content

    @Test
    void anEventThatArrivesChangedIsFound() {
        story.published(0, null).damaged("m", 0, 0).settled("m", 0, Fate.ACKED);

        assertFound(Kind.CONTENT, 0);
    }

    @Test
    void twoEventsAtOnePlaceAreFound() {
        story.published(0, null).sending(1, null).processed("m", 0);
        story.offered("m", 1, 0).settled("m", 0, Fate.ACKED).disturbed(1);

        assertFound(Kind.CONTENT, 0, 1);
    }

    // order

    @Test
    void firstOffersInAnotherOrderThanStoredAreFound() {
        story.published(0, "a").published(1, "a").processed("m", 1).processed("m", 0);

        assertFound(Kind.ORDER, 0);
    }

    @Test
    void anOfferBeforeTheEarlierOneOfItsKeyIsDoneIsFound() {
        story.published(0, "a").published(1, "a").offered("m", 0, 0).settled("m", 0, Fate.RELEASED);
        story.processed("n", 1).processed("n", 0);

        assertFound(Kind.ORDER, 0, 1);
    }

    @Test
    void anAckThatCameTooLateDoesNotFreeTheKey() {
        story.published(0, "a").published(1, "a").offered("m", 0, 0).settled("m", 0, Fate.TIMED_OUT);
        story.settled("m", 0, Fate.ACKED_LATE).processed("n", 1);

        assertFound(Kind.ORDER, 0, 1);
    }

    @Test
    void aDeadLetterFreesTheKey() {
        story.published(0, "a").published(1, "a").offered("m", 0, 0).settled("m", 0, Fate.REJECTED);
        story.buried(0).processed("m", 1).progress(2);

        assertClean();
    }

    @Test
    void keysAndKeylessEventsDoNotWaitForOneAnother() {
        story.published(0, "a").published(1, "b").published(2, null).published(3, null);
        story.offered("m", 0, 0)
                .processed("n", 1)
                .processed("n", 3)
                .processed("n", 2)
                .settled("m", 0, Fate.ACKED);

        assertClean();
    }

    @Test
    void anUnorderedGroupHasNoOrder() {
        story.published(0, "a").published(1, "a").processed("m", 1).processed("m", 0);

        assertThat(story.verdict(new Audience(Story.GROUP, sent -> true, 0, false, 3))
                        .findings())
                .isEmpty();
    }

    @Test
    void aStorageThatReordersAProducersKeyIsFound() {
        story.sending(0, "a").sending(1, "a").stored(0, 1).stored(1, 0);
        story.offered("m", 1, 0).settled("m", 0, Fate.ACKED);
        story.offered("m", 0, 1).settled("m", 1, Fate.ACKED);

        assertFound(Kind.ORDER, 0, 1);
    }

    // progress

    @Test
    void progressPastAnUnackedEventIsFound() {
        story.published(0, null)
                .published(1, null)
                .offered("m", 0, 0)
                .processed("m", 1)
                .progress(2);
        story.settled("m", 0, Fate.ACKED);

        assertFound(Kind.PROGRESS, 0);
    }

    @Test
    void progressThatLeavesAHoleIsClean() {
        story.published(0, null)
                .published(1, null)
                .offered("m", 0, 0)
                .processed("m", 1)
                .progress(0, 1);
        story.settled("m", 0, Fate.ACKED).progress(2);

        assertClean();
    }

    @Test
    void anAckedBitAboveTheWatermarkThatNobodyAckedIsFound() {
        story.published(0, null)
                .published(1, null)
                .progress(0, 1)
                .processed("m", 0)
                .processed("m", 1);

        assertFound(Kind.PROGRESS, 1);
    }

    @Test
    void progressMayPassWhatIsParked() {
        story.published(0, null).offered("m", 0, 0).settled("m", 0, Fate.RELEASED);
        story.progress(Progress.at(1), Set.of(0L)).processed("m", 0).progress(Progress.at(1), Set.of());

        assertClean();
    }

    @Test
    void aParkedEventThatDisappearsIsFound() {
        story.published(0, null).offered("m", 0, 0).settled("m", 0, Fate.RELEASED);
        story.progress(Progress.at(1), Set.of(0L))
                .progress(Progress.at(1), Set.of())
                .processed("m", 0);

        assertFound(Kind.PROGRESS, 0);
    }

    // duplicates

    @Test
    void anAckedEventThatComesAgainWithoutACauseIsFound() {
        story.published(0, null).processed("m", 0).processed("m", 0);

        assertFound(Kind.DUPLICATES, 0);
    }

    @Test
    void anUnsettledEventThatComesAgainWithoutACauseIsFound() {
        story.published(0, null).offered("m", 0, 0).processed("n", 0);

        assertFound(Kind.DUPLICATES, 0);
    }

    @Test
    void disturbancesExcuseWhatWasInFlight() {
        story.published(0, null).published(1, null).processed("m", 0).offered("m", 1, 1);
        story.disturbed(2).processed("n", 0).processed("n", 1);

        assertClean();
        assertThat(story.verdict().repeats()).isEqualTo(2);
        assertThat(story.verdict().excused()).isEqualTo(2);
    }

    @Test
    void whatIsGivenBackIsNoRepeat() {
        story.published(0, null).offered("m", 0, 0).settled("m", 0, Fate.RELEASED);
        story.offered("n", 0, 0).settled("n", 0, Fate.TIMED_OUT).processed("m", 0);

        assertClean();
    }

    // owners

    @Test
    void twoOwnersUnderOneEpochAreFound() {
        story.assigned("one", 1).assigned("two", 1);

        assertFound(Kind.OWNERS);
    }

    @Test
    void progressUnderAnOldEpochIsFound() {
        story.assigned("one", 1).assigned("two", 2).committed("two", 2).committed("one", 1);

        assertFound(Kind.OWNERS);
    }

    @Test
    void progressUnderTheEpochOfAnotherIsFound() {
        story.assigned("one", 1).assigned("two", 2).committed("one", 2);

        assertFound(Kind.OWNERS);
    }

    @Test
    void ownersThatFollowOneAnotherAreClean() {
        story.assigned("one", 1).committed("one", 1).assigned("two", 2).committed("two", 2);

        assertClean();
    }

    // dead letters

    @Test
    void aDeadLetterBeforeTheLastAttemptIsFound() {
        story.published(0, null)
                .offered("m", 0, 0)
                .settled("m", 0, Fate.RELEASED)
                .buried(0);

        assertFound(Kind.BURIED, 0);
    }

    @Test
    void aDeadLetterAfterTheLastAttemptIsClean() {
        story.published(0, null);
        for (int attempt = 0; attempt < 3; attempt++) {
            story.offered("m", 0, 0).settled("m", 0, Fate.RELEASED);
        }
        story.buried(0).progress(1);

        assertClean();
        assertThat(story.verdict().deadLettered()).isEqualTo(1);
    }
}
