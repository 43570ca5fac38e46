package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.EventMeshException;
import org.jspecify.annotations.Nullable;

/**
 * What came of a commit.
 *
 * @param came whether it was answered
 * @param failure why not, when it was not stored
 */
record CommitAnswer(boolean came, @Nullable EventMeshException failure) {
    static final CommitAnswer NONE = new CommitAnswer(false, null);
    static final CommitAnswer STORED = new CommitAnswer(true, null);

    static CommitAnswer failed(EventMeshException why) {
        return new CommitAnswer(true, why);
    }
}
