package io.eventmesh.protocol.http.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.target.Credential;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetEnvironment;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who sends, as one credential proves it: the credential as the definitions have it now, with the secrets that it refers
 * to as they are now. Those are read again every few seconds, in the background, and at once when a destination refuses
 * what they made; while they cannot be read, what was read before goes on. Used on the loop.
 */
final class Identity {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration READ_AGAIN = Duration.ofSeconds(10);

    /** What was made of a credential. */
    private record Made(Credential credential, ProofSpec spec, Proof proof) {}

    private final String namespace;
    private final String name;
    private final TargetEnvironment environment;
    private final Caller caller;
    private @Nullable Made made;
    private long readAt;
    private @Nullable Future<Proof> reading;

    Identity(TargetContext context, String name, Caller caller) {
        this.namespace = context.namespace();
        this.name = name;
        this.environment = context.environment();
        this.caller = caller;
    }

    /** Adds the proof to a message. Fails with UNAUTHENTICATED while there is none to be had. */
    Future<Void> prove(Message message) {
        return proof().compose(proof -> proof.prove(message));
    }

    /** After a destination refused the message: whether there is other proof now, which the next message gets. */
    Future<Boolean> renewed(Message refused) {
        return read(defined()).map(proof -> proof.renews(refused));
    }

    private Future<Proof> proof() {
        Optional<Credential> defined = defined();
        Made current = made;
        if (current == null || defined.isEmpty() || !current.credential().equals(defined.get())) {
            return read(defined);
        }
        if (environment.clock().nanoTime() - readAt > READ_AGAIN.toNanos()) {
            read(defined);
        }
        return Future.succeededFuture(current.proof());
    }

    private Optional<Credential> defined() {
        return environment.credentials().named(namespace, name);
    }

    private Future<Proof> read(Optional<Credential> defined) {
        if (defined.isEmpty()) {
            return Future.failedFuture(new EventMeshException(
                    ErrorCode.UNAUTHENTICATED,
                    "credential: '%s' (expected: one of namespace '%s')".formatted(name, namespace)));
        }
        Future<Proof> underWay = reading;
        if (underWay != null) {
            return underWay;
        }
        Credential credential = defined.get();
        readAt = environment.clock().nanoTime();
        Future<Proof> read = filledIn(credential).transform(fields -> {
            reading = null;
            return fields.succeeded() ? made(credential, fields.result()) : kept(credential, fields.cause());
        });
        if (!read.isComplete()) {
            reading = read;
        }
        return read;
    }

    /** What is the same makes the same proof, which may hold a token. */
    private Future<Proof> made(Credential credential, Map<String, String> fields) {
        ProofSpec spec = new ProofSpec(name, credential.kind(), fields);
        Made before = made;
        Proof proof =
                before != null && before.spec().equals(spec) ? before.proof() : spec.proof(caller, environment.clock());
        made = new Made(credential, spec, proof);
        return Future.succeededFuture(proof);
    }

    private Future<Proof> kept(Credential credential, Throwable failure) {
        Made before = made;
        return before != null && before.credential().equals(credential)
                ? Future.succeededFuture(before.proof())
                : Future.failedFuture(failure);
    }

    private Future<Map<String, String>> filledIn(Credential credential) {
        JsonNode tree;
        try {
            tree = JSON.readTree(credential.spec());
        } catch (JsonProcessingException malformed) {
            // its message would show the text
            return Future.failedFuture(new EventMeshException(
                    ErrorCode.UNAUTHENTICATED, "credential %s: no JSON (expected: an object)".formatted(name)));
        }
        Map<String, String> fields = new HashMap<>();
        List<Future<?>> values = new ArrayList<>();
        tree.properties().forEach(field -> {
            if (field.getValue().isTextual()) {
                values.add(Future.fromCompletionStage(
                                environment.secrets().resolve(field.getValue().textValue()), caller.loop())
                        .onSuccess(value -> fields.put(field.getKey(), value)));
            }
        });
        return Future.all(values).map(all -> fields);
    }
}
