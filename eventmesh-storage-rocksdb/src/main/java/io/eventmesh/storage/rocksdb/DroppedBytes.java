package io.eventmesh.storage.rocksdb;

import org.rocksdb.InfoLogLevel;
import org.rocksdb.Logger;
import org.slf4j.LoggerFactory;

/**
 * RocksDB's own log, as far as it warns: it is the only place where recovery says that it left damaged bytes of the
 * write-ahead log out. Called on RocksDB's threads.
 */
final class DroppedBytes extends Logger {
    private static final org.slf4j.Logger log = LoggerFactory.getLogger(DroppedBytes.class);
    private volatile String text = "";
    private volatile String fileError = "";

    DroppedBytes() {
        super(InfoLogLevel.WARN_LEVEL);
    }

    String text() {
        return text;
    }

    /** Why a file could not be written, since {@link #forgetFileError}; empty for nothing. */
    String fileError() {
        return fileError;
    }

    void forgetFileError() {
        fileError = "";
    }

    @Override
    protected void log(InfoLogLevel level, String message) {
        String line = message.strip();
        if (line.contains("dropping") && line.contains("bytes")) {
            text = line.replaceAll("/(?:[^/\\s:]+/)+", "");
        }
        boolean repeated = !fileError.isEmpty();
        if (line.contains("background flush error") || line.contains("Background IO error")) {
            fileError = line;
        }
        if (repeated) {
            log.debug("RocksDB: {}", line);
        } else if (level == InfoLogLevel.ERROR_LEVEL || level == InfoLogLevel.FATAL_LEVEL) {
            log.warn("RocksDB: {}", line);
        } else {
            log.debug("RocksDB: {}", line);
        }
    }
}
