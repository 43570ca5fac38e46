package io.eventmesh.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.cli.Http;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code eventmesh export}. */
@Command(
        name = "export",
        description =
                "Prints buses, credentials, connectors and rules as YAML that apply takes; a secret is ***, which keeps the one that is stored.")
public final class ExportCommand implements Callable<Integer> {
    @Option(names = "--kind", description = "${COMPLETION-CANDIDATES}; without it, all.")
    List<ResourceKind> kinds = List.of(ResourceKind.values());

    @Mixin
    AdminSession admin = new AdminSession();

    @Override
    public Integer call() {
        for (ResourceKind kind : kinds) {
            for (JsonNode item : admin.api().list(AdminApi.path(kind.collection()), admin.query(), Integer.MAX_VALUE)) {
                if (item.at("/metadata/revision").asLong(1) == 0) {
                    // nobody wrote it
                    continue;
                }
                ObjectNode document = Http.MAPPER.createObjectNode().put("kind", kind.word());
                document.setAll((ObjectNode) Plan.meant(item));
                ((ObjectNode) document.path("metadata")).remove("managedBy");
                admin.out().print(Yaml.text(document));
            }
        }
        admin.out().flush();
        return 0;
    }
}
