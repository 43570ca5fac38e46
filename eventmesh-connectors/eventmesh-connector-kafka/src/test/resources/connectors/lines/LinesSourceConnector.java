package lines;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceConnector;

/** Each line of a file is a record. */
public class LinesSourceConnector extends SourceConnector {
    private Map<String, String> settings;

    @Override
    public void start(Map<String, String> props) {
        settings = props;
        if (props.containsKey("raise")) {
            context().raiseError(new IllegalStateException(props.get("raise")));
        }
        if (props.containsKey("reconfigure")) {
            context().requestTaskReconfiguration();
        }
    }

    @Override
    public Class<? extends Task> taskClass() {
        return LinesSourceTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int max) {
        List<Map<String, String>> configs = new ArrayList<>();
        configs.add(settings);
        return configs;
    }

    @Override
    public void stop() {}

    @Override
    public ConfigDef config() {
        return new ConfigDef()
                .define("file", ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "The file to read.")
                .define("each", ConfigDef.Type.INT, 1, ConfigDef.Range.atLeast(1), ConfigDef.Importance.LOW,
                        "Records with one offset.")
                .define("token", ConfigDef.Type.PASSWORD, "", ConfigDef.Importance.MEDIUM, "A secret.")
                .define("columns", ConfigDef.Type.LIST, List.of("a", "b"), ConfigDef.Importance.LOW, "A list.");
    }

    @Override
    public String version() {
        return "1.2.3";
    }
}
