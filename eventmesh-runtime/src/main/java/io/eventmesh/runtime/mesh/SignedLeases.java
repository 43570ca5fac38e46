package io.eventmesh.runtime.mesh;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.proto.v1.LeaseToken;
import io.eventmesh.proto.v1.SignedLease;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.security.LeaseTokens;
import io.eventmesh.spi.security.Principal;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What leading admins have signed of runtimes' leases, checked by the keys that they left in the meta store.
 *
 * <p>As long as no key was ever seen, no admin of this cluster signs, and every caller passes. A token whose time is over
 * passes only while the meta store answers and shows no leader at all: then nobody can have given the tasks away. A
 * signature is checked once.
 */
final class SignedLeases implements LeaseTokens {
    private static final Logger log = LoggerFactory.getLogger(SignedLeases.class);
    private static final String ALGORITHM = "Ed25519";
    /** Tokens that are remembered; a runtime has a new one every few seconds. */
    private static final int MOST = 4_096;

    /** Between two looks for an unknown key. */
    private static final long LOOK_NANOS = Duration.ofMillis(500).toNanos();

    private final MeshClock clock;
    private final BooleanSupplier nobodyLeads;
    private final LongFunction<CompletionStage<Optional<MetaStore.Versioned>>> lookUp;
    private final Map<Long, PublicKey> keys = new ConcurrentHashMap<>();
    private final Map<ByteString, LeaseToken> verified = new ConcurrentHashMap<>();
    /** The newest token of each runtime; there are as many as runtimes with tasks. */
    private final Map<String, LeaseToken> lives = new ConcurrentHashMap<>();

    private volatile @Nullable Long lookedFor;

    /**
     * @param clock whose wall time the tokens are compared with
     * @param nobodyLeads whether the meta store answers and shows no leader
     * @param lookUp finds the key of a term in the meta store
     */
    SignedLeases(
            MeshClock clock,
            BooleanSupplier nobodyLeads,
            LongFunction<CompletionStage<Optional<MetaStore.Versioned>>> lookUp) {
        this.clock = clock;
        this.nobodyLeads = nobodyLeads;
        this.lookUp = lookUp;
    }

    /** Takes the keys that are in the meta store, by the names of their nodes. Those that are gone are kept. */
    void take(Map<String, MetaStore.Versioned> found) {
        found.forEach((term, value) -> key(term, value.value()));
    }

    private void key(String term, byte[] encoded) {
        try {
            keys.put(
                    Long.parseLong(term),
                    KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(encoded)));
        } catch (GeneralSecurityException | NumberFormatException unreadable) {
            log.warn("Key of a leading admin is unreadable. term={} error={}", term, unreadable.toString());
        }
    }

    @Override
    public void check(Principal caller, ByteString token) {
        if (keys.isEmpty()) {
            return;
        }
        if (token.isEmpty()) {
            throw notNow("lease of %s: no token (expected: the leader's)".formatted(caller.name()));
        }
        LeaseToken lease = verified.get(token);
        if (lease == null) {
            lease = verify(token);
            remember(token, lease);
        }
        if (!lease.getRuntimeId().equals(caller.name())) {
            throw forged("lease token: of runtime %s (expected: of %s)".formatted(lease.getRuntimeId(), caller.name()));
        }
        requireLastLife(lease);
        long over = clock.millis() - lease.getExpiresAtMs() - lease.getSkewMs();
        if (over > 0 && !nobodyLeads.getAsBoolean()) {
            throw notNow("lease of %s: over since %d ms (expected: renewed by the leader)"
                    .formatted(caller.name(), over + lease.getSkewMs()));
        }
    }

    /**
     * A runtime that was started again under its name has another incarnation, and the leader signs nothing for the one
     * before from then on: whoever still comes with that is a process that should have ended.
     */
    private void requireLastLife(LeaseToken lease) {
        LeaseToken newest = lives.get(lease.getRuntimeId());
        if (newest == null || isNewer(lease, newest)) {
            newest = lives.merge(lease.getRuntimeId(), lease, (known, now) -> isNewer(now, known) ? now : known);
        }
        if (!newest.getIncarnation().equals(lease.getIncarnation())) {
            throw forged("lease token: of incarnation %s of runtime %s (expected: of %s, which came after it)"
                    .formatted(lease.getIncarnation(), lease.getRuntimeId(), newest.getIncarnation()));
        }
    }

    private static boolean isNewer(LeaseToken one, LeaseToken other) {
        return one.getTerm() != other.getTerm()
                ? one.getTerm() > other.getTerm()
                : one.getExpiresAtMs() > other.getExpiresAtMs();
    }

    private LeaseToken verify(ByteString token) {
        try {
            SignedLease signed = SignedLease.parseFrom(token);
            LeaseToken lease = LeaseToken.parseFrom(signed.getLease());
            PublicKey key = keys.get(lease.getTerm());
            if (key == null) {
                lookFor(lease.getTerm());
                throw notNow("lease token: of term %d (expected: one whose key is known)".formatted(lease.getTerm()));
            }
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(key);
            signature.update(signed.getLease().asReadOnlyByteBuffer());
            if (!signature.verify(signed.getSignature().toByteArray())) {
                throw forged("lease token: not signed by the leader of term %d".formatted(lease.getTerm()));
            }
            return lease;
        } catch (InvalidProtocolBufferException | GeneralSecurityException unreadable) {
            throw forged("lease token: unreadable (expected: a signed lease)");
        }
    }

    /** The key of a leader that began a moment ago may not have arrived yet. */
    private void lookFor(long term) {
        long now = clock.nanoTime();
        Long last = lookedFor;
        if (last != null && now - last < LOOK_NANOS) {
            return;
        }
        lookedFor = now;
        lookUp.apply(term).whenComplete((found, failure) -> {
            if (failure == null) {
                found.ifPresent(key -> key(Long.toString(term), key.value()));
            }
        });
    }

    private void remember(ByteString token, LeaseToken lease) {
        if (verified.size() >= MOST) {
            long now = clock.millis();
            verified.values().removeIf(old -> old.getExpiresAtMs() < now);
            if (verified.size() >= MOST) {
                verified.clear();
            }
        }
        verified.put(token, lease);
    }

    /** The caller tries again, with a newer token when it has one. */
    private static EventMeshException notNow(String message) {
        return new EventMeshException(ErrorCode.META_UNAVAILABLE, message);
    }

    private static EventMeshException forged(String message) {
        return new EventMeshException(ErrorCode.UNAUTHENTICATED, message);
    }
}
