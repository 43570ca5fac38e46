package io.eventmesh.cli;

/** One thing that the quickstart tries. */
interface QuickstartStep {
    String name();

    /** Does it and checks that it worked; answers what was seen. Throws {@link CliException} otherwise. */
    String attempt(QuickstartRun run);

    /** The same thing as a command for the shell. */
    String byHand(QuickstartRun run);
}
