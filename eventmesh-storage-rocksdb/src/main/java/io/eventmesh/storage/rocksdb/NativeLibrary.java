package io.eventmesh.storage.rocksdb;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * RocksDB's native library, unpacked once beside the data. RocksDB itself unpacks it into the temporary directory at each
 * start and leaves it there when the process is killed.
 */
final class NativeLibrary {
    private static final Logger log = LoggerFactory.getLogger(NativeLibrary.class);

    private NativeLibrary() {}

    /** Loads it unless the process has it already. */
    static void load(Path directory) {
        if (isLoaded()) {
            return;
        }
        try {
            RocksDB.loadLibrary(List.of(unpacked(directory).toString()));
        } catch (IOException | UnsatisfiedLinkError unusable) {
            log.debug("Native library is loaded from the temporary directory.", unusable);
            RocksDB.loadLibrary();
        }
    }

    private static boolean isLoaded() {
        try {
            return RocksDB.rocksdbVersion() != null;
        } catch (UnsatisfiedLinkError notYet) {
            return false;
        }
    }

    private static Path unpacked(Path directory) throws IOException {
        String name = Environment.getJniLibraryFileName("rocksdb");
        // the name under which RocksDB looks in a directory differs from the one in its jar
        String wanted = Environment.getJniLibraryFileName("rocksdbjni");
        URL packed = RocksDB.class.getClassLoader().getResource(name);
        if (packed == null) {
            throw new IOException("no " + name + " on the class path");
        }
        long size = packed.openConnection().getContentLengthLong();
        Path home = Files.createDirectories(directory.resolve("native-" + size));
        Path library = home.resolve(wanted);
        if (!Files.exists(library) || Files.size(library) != size) {
            Path fresh = home.resolve(wanted + ".new");
            try (InputStream in = packed.openStream();
                    FileChannel out = FileChannel.open(
                            fresh,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE)) {
                in.transferTo(Channels.newOutputStream(out));
                out.force(true);
            }
            Files.move(fresh, library, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        return home;
    }
}
