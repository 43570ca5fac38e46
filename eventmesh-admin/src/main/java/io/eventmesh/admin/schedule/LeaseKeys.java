package io.eventmesh.admin.schedule;

import com.google.protobuf.ByteString;
import io.eventmesh.proto.v1.LeaseToken;
import io.eventmesh.proto.v1.SignedLease;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key of a leadership, and the tokens by which mesh runtimes know that a connector runtime's lease has not ended. A
 * token is signed anew when a third of a lease has passed, so that it always covers the two thirds after which a task
 * holds still by itself. The private key never leaves the memory of the leader; the public ones of this term and the one
 * before stand in the meta store.
 *
 * <p>Thread-safe; nothing blocks.
 */
final class LeaseKeys {
    private static final Logger log = LoggerFactory.getLogger(LeaseKeys.class);
    private static final String ALGORITHM = "Ed25519";

    /** Tokens of the term before are good for a lease after its end. */
    private static final int KEPT_TERMS = 2;

    @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
    private record Signed(String incarnation, long at, byte[] token) {}

    private final MetaStore meta;
    private final Timing timing;
    private final Map<String, Signed> tokens = new HashMap<>();
    private long term;
    private @Nullable KeyPair key;
    private boolean published;

    LeaseKeys(MetaStore meta, Timing timing) {
        this.meta = meta;
        this.timing = timing;
    }

    /** Makes the key of a term, if it has none, and publishes it; tokens are issued once it stands. */
    synchronized void begin(long newTerm) {
        if (key == null || term != newTerm) {
            try {
                key = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
            } catch (GeneralSecurityException impossible) {
                throw new IllegalStateException("no " + ALGORITHM + " in this Java", impossible);
            }
            term = newTerm;
            tokens.clear();
            published = false;
            meta.delete(path(term - KEPT_TERMS), MetaStore.ANY).exceptionally(failed -> null);
        }
        publish();
    }

    private static String path(long term) {
        return MetaPaths.LEASE_KEYS + "/" + term;
    }

    /** Publishes the key again: the meta store may have lost it, or did not answer. */
    synchronized void publish() {
        KeyPair present = key;
        if (present == null) {
            return;
        }
        long of = term;
        CompletionStage<Long> put = meta.put(path(of), present.getPublic().getEncoded(), MetaStore.ANY);
        put.whenComplete((version, failure) -> {
            if (failure == null) {
                stands(of);
            } else {
                log.debug("Lease key not published yet. term={}", of);
            }
        });
    }

    private synchronized void stands(long of) {
        if (of == term && key != null) {
            published = true;
        }
    }

    synchronized boolean isPublished() {
        return published;
    }

    /** This admin leads no longer. */
    synchronized void end() {
        key = null;
        published = false;
        tokens.clear();
    }

    /** The token of a runtime's incarnation now; empty while there is no key. */
    synchronized byte[] token(String runtime, String incarnation, long now, long nowMillis) {
        KeyPair present = key;
        if (present == null || !published || incarnation.isEmpty()) {
            return new byte[0];
        }
        Signed signed = tokens.get(runtime);
        boolean fresh = signed != null
                && signed.incarnation().equals(incarnation)
                && now - signed.at() < timing.lease().toNanos() / 3;
        if (signed == null || !fresh) {
            signed = new Signed(incarnation, now, sign(present.getPrivate(), runtime, incarnation, nowMillis));
            tokens.put(runtime, signed);
        }
        return signed.token();
    }

    /** A runtime is gone. */
    synchronized void forget(String runtime) {
        tokens.remove(runtime);
    }

    private byte[] sign(PrivateKey with, String runtime, String incarnation, long nowMillis) {
        ByteString lease = LeaseToken.newBuilder()
                .setRuntimeId(runtime)
                .setIncarnation(incarnation)
                .setTerm(term)
                .setExpiresAtMs(nowMillis + timing.lease().toMillis())
                .setSkewMs(timing.skew().toMillis())
                .build()
                .toByteString();
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(with);
            signature.update(lease.asReadOnlyByteBuffer());
            return SignedLease.newBuilder()
                    .setLease(lease)
                    .setSignature(ByteString.copyFrom(signature.sign()))
                    .build()
                    .toByteArray();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("lease not signed", impossible);
        }
    }
}
