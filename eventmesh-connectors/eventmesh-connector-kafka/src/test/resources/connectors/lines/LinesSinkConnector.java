package lines;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/** Each record is a line of a file. */
public class LinesSinkConnector extends SinkConnector {
    private Map<String, String> settings;

    @Override
    public void start(Map<String, String> props) {
        settings = props;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return LinesSinkTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int max) {
        return java.util.Collections.nCopies(max, settings);
    }

    @Override
    public void stop() {}

    @Override
    public ConfigDef config() {
        return new ConfigDef()
                .define("file", ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "The file to write.")
                .define("keep", ConfigDef.Type.INT, 0, ConfigDef.Importance.LOW, "Records kept back of each commit.");
    }

    @Override
    public String version() {
        return "1.2.3";
    }
}
