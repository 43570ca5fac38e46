package io.eventmesh.cli.admin;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code eventmesh credentials}; they are made by {@code apply}. */
@Command(name = "credentials", description = "What proves to targets who sends. Secrets are never shown.")
public final class CredentialsCommand {
    private static final String CREDENTIALS = ResourceKind.CREDENTIAL.collection();

    @Command(name = "list", description = "All credentials.")
    int list(@Mixin Selection selection, @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(CREDENTIALS),
                selection.within(admin.query()),
                new Table(
                        "NAME", "/metadata/name",
                        "KIND", "/spec/kind",
                        "RULES", "/status/rules",
                        "REVISION", "/metadata/revision",
                        "UPDATED", "/metadata/updatedAt"));
    }

    @Command(name = "describe", description = "One credential; a secret is shown as ***, a reference as it is.")
    int describe(@Parameters(paramLabel = "CREDENTIAL") String credential, @Mixin AdminSession admin) {
        return admin.show(AdminApi.path(CREDENTIALS, credential), admin.query());
    }

    @Command(name = "users", description = "The rules that name it.")
    int users(@Parameters(paramLabel = "CREDENTIAL") String credential, @Mixin AdminSession admin) {
        return admin.list(AdminApi.path(CREDENTIALS, credential, "rules"), admin.query(), new Table("RULE", "/name"));
    }

    @Command(name = "delete", description = "Takes a credential away that no rule names.")
    int delete(@Parameters(paramLabel = "CREDENTIAL") String credential, @Mixin AdminSession admin) {
        return admin.delete(AdminApi.path(CREDENTIALS, credential), "credential %s is gone".formatted(credential));
    }
}
