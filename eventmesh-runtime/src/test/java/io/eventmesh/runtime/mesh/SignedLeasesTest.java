package io.eventmesh.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.LeaseToken;
import io.eventmesh.proto.v1.SignedLease;
import io.eventmesh.spi.meta.MetaStore.Versioned;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.testkit.ManualTime;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class SignedLeasesTest {
    private static final Principal RUNTIME = Principal.runtime("runtime-1");

    private final ManualTime time = new ManualTime();
    private final KeyPair leader = pair();
    private final List<Long> looks = new ArrayList<>();
    private boolean nobodyLeads;
    private Optional<Versioned> kept = Optional.empty();
    private final SignedLeases leases = new SignedLeases(time, () -> nobodyLeads, term -> {
        looks.add(term);
        return CompletableFuture.completedFuture(kept);
    });

    @Test
    void withoutAnyKeyNobodySignsAndEveryCallerPasses() {
        assertThatCode(() -> leases.check(RUNTIME, ByteString.EMPTY)).doesNotThrowAnyException();
    }

    @Test
    void aLeasePassesToItsEndAndTheSkewBeyond() {
        knowsTheLeader();
        ByteString token = token(leader, "runtime-1", Duration.ofSeconds(3), Duration.ofMillis(400));

        leases.check(RUNTIME, token);
        time.advance(Duration.ofMillis(3_400));
        leases.check(RUNTIME, token);
        time.advance(Duration.ofMillis(1));

        assertRefused(token, ErrorCode.META_UNAVAILABLE);
    }

    @Test
    void aLeaseThatIsOverPassesWhileNobodyLeadsAtAll() {
        knowsTheLeader();
        ByteString token = token(leader, "runtime-1", Duration.ofSeconds(3), Duration.ZERO);
        time.advance(Duration.ofMinutes(5));
        assertRefused(token, ErrorCode.META_UNAVAILABLE);

        nobodyLeads = true;

        assertThatCode(() -> leases.check(RUNTIME, token)).doesNotThrowAnyException();
    }

    @Test
    void aTaskWithoutATokenIsRefusedOnceALeaderSigns() {
        knowsTheLeader();

        assertRefused(ByteString.EMPTY, ErrorCode.META_UNAVAILABLE);
    }

    @Test
    void whatAnybodyElseSignedIsRefused() {
        knowsTheLeader();

        assertRefused(token(pair(), "runtime-1", Duration.ofSeconds(3), Duration.ZERO), ErrorCode.UNAUTHENTICATED);
        assertRefused(ByteString.copyFromUtf8("not a token"), ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void aTokenOfAnotherRuntimeIsRefused() {
        knowsTheLeader();

        assertRefused(token(leader, "runtime-2", Duration.ofSeconds(3), Duration.ZERO), ErrorCode.UNAUTHENTICATED);
    }

    @Test
    void aTokenOfAnIncarnationThatWasFollowedByAnotherIsRefused() {
        knowsTheLeader();
        ByteString first = token(leader, "runtime-1", "a", Duration.ofSeconds(3), Duration.ZERO);
        leases.check(RUNTIME, first);
        time.advance(Duration.ofSeconds(1));
        ByteString second = token(leader, "runtime-1", "b", Duration.ofSeconds(3), Duration.ZERO);
        leases.check(RUNTIME, first);

        leases.check(RUNTIME, second);

        assertRefused(first, ErrorCode.UNAUTHENTICATED);
        time.advance(Duration.ofSeconds(1));
        leases.check(RUNTIME, token(leader, "runtime-1", "b", Duration.ofSeconds(3), Duration.ZERO));
        leases.check(RUNTIME, second);
        assertThatCode(() -> leases.check(
                        Principal.runtime("runtime-2"),
                        token(leader, "runtime-2", "c", Duration.ofSeconds(3), Duration.ZERO)))
                .doesNotThrowAnyException();
    }

    @Test
    void theKeyOfANewLeaderIsLookedFor() {
        leases.take(Map.of("1", key(pair())));
        ByteString token = token(leader, "runtime-1", Duration.ofSeconds(30), Duration.ZERO);
        assertRefused(token, ErrorCode.META_UNAVAILABLE);
        assertRefused(token, ErrorCode.META_UNAVAILABLE);
        assertThat(looks).containsExactly(2L);

        kept = Optional.of(key(leader));
        time.advance(Duration.ofSeconds(1));
        assertRefused(token, ErrorCode.META_UNAVAILABLE);

        assertThatCode(() -> leases.check(RUNTIME, token)).doesNotThrowAnyException();
    }

    @Test
    void aKeyThatIsGoneFromTheMetaStoreStillCounts() {
        knowsTheLeader();
        leases.take(Map.of());

        assertRefused(ByteString.EMPTY, ErrorCode.META_UNAVAILABLE);
    }

    private void knowsTheLeader() {
        leases.take(Map.of("2", key(leader), "unreadable", new Versioned(new byte[] {1}, 1)));
    }

    private void assertRefused(ByteString token, ErrorCode code) {
        assertThatThrownBy(() -> leases.check(RUNTIME, token))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(code));
    }

    private ByteString token(KeyPair by, String runtime, Duration length, Duration skew) {
        return token(by, runtime, "a", length, skew);
    }

    private ByteString token(KeyPair by, String runtime, String incarnation, Duration length, Duration skew) {
        ByteString lease = LeaseToken.newBuilder()
                .setRuntimeId(runtime)
                .setIncarnation(incarnation)
                .setTerm(2)
                .setExpiresAtMs(time.millis() + length.toMillis())
                .setSkewMs(skew.toMillis())
                .build()
                .toByteString();
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(by.getPrivate());
            signature.update(lease.toByteArray());
            return SignedLease.newBuilder()
                    .setLease(lease)
                    .setSignature(ByteString.copyFrom(signature.sign()))
                    .build()
                    .toByteString();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Versioned key(KeyPair pair) {
        return new Versioned(pair.getPublic().getEncoded(), 1);
    }

    private static KeyPair pair() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
