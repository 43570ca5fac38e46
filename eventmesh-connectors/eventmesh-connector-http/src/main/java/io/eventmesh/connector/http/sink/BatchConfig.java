package io.eventmesh.connector.http.sink;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;

/**
 * How many events go into one request.
 *
 * @param max events of one request, 1 for none together
 * @param bytes of the body of one request; a single event may have more
 * @param form how they stand together
 */
record BatchConfig(
        @Doc("How many events go into one request at most; 1 for each its own.")
        int max,

        @Doc("How large the body of a request with several events gets at most.")
        DataSize bytes,

        @Doc("""
                How several events stand together. cloudevents: application/cloudevents-batch+json. json-array and \
                ndjson: the data, or the filled template, of each.""") Form form) {
    /** How several events stand together. */
    enum Form {
        CLOUDEVENTS,
        JSON_ARRAY,
        NDJSON
    }

    BatchConfig {
        Check.range("max", max, 1, 1_000);
        Check.range("bytes", bytes.bytes(), 1_024, 64L << 20);
    }

    static BatchConfig defaults() {
        return new BatchConfig(1, DataSize.ofKibibytes(512), Form.CLOUDEVENTS);
    }
}
