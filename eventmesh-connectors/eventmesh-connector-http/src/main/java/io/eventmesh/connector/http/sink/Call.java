package io.eventmesh.connector.http.sink;

import io.eventmesh.spi.connector.SinkRecord;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/**
 * One request with the records in it.
 *
 * @param headers without what says who sends it, which is added each time it is sent
 */
record Call(String url, MultiMap headers, Buffer body, List<SinkRecord> records) {}
