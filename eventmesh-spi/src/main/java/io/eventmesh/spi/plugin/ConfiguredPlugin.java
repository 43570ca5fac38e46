package io.eventmesh.spi.plugin;

/**
 * A plugin that has configuration of its own: an immutable record whose compact constructor checks its values
 * ({@link io.eventmesh.common.config.Check}).
 *
 * <p>The runtime binds the section strictly over {@link #defaults} (an unknown key refuses the start), also when the
 * plugin is not chosen, and hands the plugin the bound record only. Component types of the record may be primitives,
 * String, enums, {@code Duration}, {@link io.eventmesh.common.config.DataSize},
 * {@link io.eventmesh.common.config.Secret}, lists and maps of them, and nested records. Keys are kebab-case.
 *
 * @param <C> the record
 */
public interface ConfiguredPlugin<C extends Record> extends Plugin {
    /** The record's class. */
    Class<C> configType();

    /** The values that hold when a key is absent. */
    C defaults();
}
