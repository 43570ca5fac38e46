package io.eventmesh.protocol.http.client;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.http.auth.WebhookSignature;
import io.vertx.core.Future;
import java.time.Instant;

/** A signature of each message, by Standard Webhooks. */
final class Signed implements Proof {
    private final WebhookSignature signature;
    private final MeshClock clock;

    Signed(WebhookSignature signature, MeshClock clock) {
        this.signature = signature;
        this.clock = clock;
    }

    @Override
    public Future<Void> prove(Message message) {
        Instant now = clock.instant();
        message.headers().set(WebhookSignature.ID, message.id());
        message.headers().set(WebhookSignature.TIMESTAMP, Long.toString(now.getEpochSecond()));
        message.headers()
                .set(
                        WebhookSignature.SIGNATURE,
                        signature.of(message.id(), now, message.body().getBytes()));
        return Future.succeededFuture();
    }

    /** Other secrets are other proof; the time of the signature that was refused is not compared. */
    @Override
    public boolean renews(Message refused) {
        String time = refused.headers().get(WebhookSignature.TIMESTAMP);
        if (time == null) {
            return true;
        }
        String again = signature.of(
                refused.id(),
                Instant.ofEpochSecond(Long.parseLong(time)),
                refused.body().getBytes());
        return !again.equals(refused.headers().get(WebhookSignature.SIGNATURE));
    }
}
