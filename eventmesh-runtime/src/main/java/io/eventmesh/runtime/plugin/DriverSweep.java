package io.eventmesh.runtime.plugin;

import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Collections;

/**
 * Takes the JDBC drivers of a plugin out of the JVM's list, which would hold their class loader for ever. The list shows
 * and gives up a driver only to a class of the same loader, so that this class is made once more in each plugin's loader
 * and needs nothing but the Java platform.
 */
public final class DriverSweep implements Runnable {
    /** For the loader that it is made in. */
    public DriverSweep() {}

    @Override
    public void run() {
        for (Driver driver : Collections.list(DriverManager.getDrivers())) {
            if (driver.getClass().getClassLoader() == getClass().getClassLoader()) {
                try {
                    DriverManager.deregisterDriver(driver);
                } catch (SQLException never) {
                    throw new IllegalStateException(never);
                }
            }
        }
    }
}
