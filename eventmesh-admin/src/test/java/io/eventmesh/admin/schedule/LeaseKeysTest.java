package io.eventmesh.admin.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.proto.v1.LeaseToken;
import io.eventmesh.proto.v1.SignedLease;
import io.eventmesh.spi.meta.MetaPaths;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeaseKeysTest {
    private static final Timing TIMING =
            new Timing(Duration.ofSeconds(3), Duration.ofSeconds(1), Duration.ofSeconds(1));

    private final MemoryMetaStore meta = new MemoryMetaStore();
    private final LeaseKeys keys = new LeaseKeys(meta, TIMING);

    private PublicKey key(long term) throws Exception {
        byte[] encoded = meta.get(MetaPaths.LEASE_KEYS + "/" + term)
                .toCompletableFuture()
                .join()
                .orElseThrow()
                .value();
        return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    }

    private static boolean verifies(PublicKey key, byte[] token) throws Exception {
        SignedLease signed = SignedLease.parseFrom(token);
        Signature signature = Signature.getInstance("Ed25519");
        signature.initVerify(key);
        signature.update(signed.getLease().toByteArray());
        return signature.verify(signed.getSignature().toByteArray());
    }

    @Test
    void aTokenSaysWhoseLeaseItIsAndIsSignedWithThePublishedKeyOfTheTerm() throws Exception {
        keys.begin(7);

        byte[] token = keys.token("r1", "i1", 0, 50_000);
        LeaseToken lease = LeaseToken.parseFrom(SignedLease.parseFrom(token).getLease());

        assertThat(verifies(key(7), token)).isTrue();
        assertThat(lease)
                .isEqualTo(LeaseToken.newBuilder()
                        .setRuntimeId("r1")
                        .setIncarnation("i1")
                        .setTerm(7)
                        .setExpiresAtMs(53_000)
                        .setSkewMs(400)
                        .build());
    }

    @Test
    void aTokenIsSignedAnewAfterAThirdOfTheLeaseAndForAnotherIncarnation() {
        keys.begin(7);
        byte[] first = keys.token("r1", "i1", 0, 50_000);

        assertThat(keys.token("r1", "i1", 999_999_999, 51_000)).isSameAs(first);
        assertThat(keys.token("r1", "i1", 1_000_000_000, 51_000)).isNotEqualTo(first);
        assertThat(keys.token("r1", "i2", 1_000_000_000, 51_000)).isNotEqualTo(first);
    }

    @Test
    void theNextTermHasAnotherKeyAndTheOneBeforeStays() throws Exception {
        keys.begin(6);
        keys.begin(7);
        byte[] former = keys.token("r1", "i1", 0, 50_000);

        keys.begin(8);
        byte[] present = keys.token("r1", "i1", 0, 50_000);

        assertThat(verifies(key(7), former)).isTrue();
        assertThat(verifies(key(8), present)).isTrue();
        assertThat(verifies(key(8), former)).isFalse();
        assertThat(meta.get(MetaPaths.LEASE_KEYS + "/6").toCompletableFuture().join())
                .isEmpty();
    }

    @Test
    void whatIsNotPublishedSignsNothingAndWhoLeadsNoLongerNeither() {
        meta.takeAway("x");
        keys.begin(7);
        byte[] unpublished = keys.token("r1", "i1", 0, 50_000);
        meta.bringBack("x");
        keys.publish();
        byte[] published = keys.token("r1", "i1", 0, 50_000);

        keys.end();

        assertThat(unpublished).isEmpty();
        assertThat(published).isNotEmpty();
        assertThat(keys.token("r1", "i1", 0, 50_000)).isEmpty();
    }
}
