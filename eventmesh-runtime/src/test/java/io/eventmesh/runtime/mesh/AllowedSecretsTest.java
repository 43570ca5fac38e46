package io.eventmesh.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.runtime.config.SecretsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AllowedSecretsTest {
    @TempDir
    private Path directory;

    private AllowedSecrets secrets;

    @BeforeEach
    void allow() {
        secrets = new AllowedSecrets(
                new SecretsConfig(List.of("SECRET_"), List.of(directory.toString())),
                Map.of("SECRET_TOKEN", "t0ken", "HOME", "/home/mesh"),
                Runnable::run);
    }

    private String resolve(String text) {
        try {
            return secrets.resolve(text).toCompletableFuture().join();
        } catch (java.util.concurrent.CompletionException failed) {
            throw EventMeshException.of(failed);
        }
    }

    @Test
    void whatIsAllowedIsFilledIn() throws IOException {
        Path file = Files.writeString(directory.resolve("hook"), "first\n");

        assertThat(resolve("Bearer ${env:SECRET_TOKEN}")).isEqualTo("Bearer t0ken");
        assertThat(resolve("${file:" + file + "}")).isEqualTo("first");
        assertThat(resolve("plain")).isEqualTo("plain");
        assertThat(resolve("$${env:SECRET_TOKEN}")).isEqualTo("${env:SECRET_TOKEN}");
    }

    @Test
    void aFileIsReadAnewEachTime() throws IOException {
        Path file = Files.writeString(directory.resolve("hook"), "first\n");
        resolve("${file:" + file + "}");

        Files.writeString(file, "second\n");

        assertThat(resolve("${file:" + file + "}")).isEqualTo("second");
    }

    @Test
    void nothingElseOfTheMachineIs() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("/etc/passwd"));

        for (String reference : List.of(
                "${env:HOME}",
                "${file:/etc/passwd}",
                "${file:" + directory + "/../../etc/passwd}",
                "${file:" + link + "}",
                "${env:SECRET_UNKNOWN}",
                "${file:" + directory + "/missing}")) {
            assertThatThrownBy(() -> resolve(reference)).isInstanceOfSatisfying(EventMeshException.class, refused -> {
                assertThat(refused.code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
                assertThat(refused.reason()).contains(reference, "(expected: ").doesNotContain("/home/mesh", "root:");
            });
        }
    }

    @Test
    void aFullPoolIsARefusalThatPasses() {
        AllowedSecrets full = new AllowedSecrets(SecretsConfig.standard(), Map.of(), work -> {
            throw new RejectedExecutionException("full");
        });

        assertThat(full.resolve("${env:EVENTMESH_SECRET_X}")
                        .toCompletableFuture()
                        .handle((value, failure) ->
                                EventMeshException.of(failure).code()))
                .isCompletedWithValue(ErrorCode.OVERLOADED);
    }
}
