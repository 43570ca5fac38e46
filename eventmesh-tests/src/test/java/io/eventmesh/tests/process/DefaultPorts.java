package io.eventmesh.tests.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Tests that need the default ports of this machine have them for themselves: one class at a time, whichever process runs it.
 */
public final class DefaultPorts implements BeforeAllCallback, AfterAllCallback {
    private static final Path LOCK = Path.of(System.getProperty("java.io.tmpdir"), "eventmesh-default-ports.lock");
    private static final Namespace HELD = Namespace.create(DefaultPorts.class);

    @Override
    public void beforeAll(ExtensionContext test) throws IOException {
        FileChannel channel = FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        channel.lock();
        test.getStore(HELD).put(LOCK, channel);
    }

    @Override
    public void afterAll(ExtensionContext test) {
        try {
            test.getStore(HELD).remove(LOCK, FileChannel.class).close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
