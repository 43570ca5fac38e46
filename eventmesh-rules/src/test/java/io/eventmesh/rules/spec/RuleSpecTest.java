package io.eventmesh.rules.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.rules.spec.InvalidDocument.Field;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleSpecTest {
    private static final String TARGETS = "'targets':[{'name':'big','kind':'topic','spec':{'topic':'big'}}]";

    private final List<Field> problems = new ArrayList<>();
    private final Given plugins = new Given();

    private RuleSpec read(String spec) {
        RuleSpec read = RuleSpec.read(Given.section(spec, problems));
        read.check("default", "r", plugins, problems);
        return read;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "'filter':{'data':{'total':[{'numeric':['>']}]}} | /spec/filter/data/total/0/numeric",
                "'filter':{'a':'x'} | /spec/filter/a",
                "'filters':[{'prefix':{'type':''}}] | /spec/filters/0/prefix",
                "'transforms':[{'kind':'constant','spec':{'value':1}},{'kind':'magic'}] | /spec/transforms/1/kind",
                "'transforms':[{}] | /spec/transforms/0/kind",
                "'transform':{'kind':'template','spec':{'template':'<none>'}} | /spec/transform/spec/template",
                "'transform':{'kind':'constant','spec':{'value':1}},'transforms':[] | /spec/transform",
                "'transforms':[{'kind':'constant','spec':{'value':1},'onError':'IGNORE'}] | /spec/transforms/0/onError",
                "'bus':'a b' | /spec/bus",
                "'enabled':'yes' | /spec/enabled",
            })
    void whatIsWrongIsNamedByItsPlace(String wrong, String path) {
        read("{" + wrong + "," + TARGETS + "}");

        assertThat(problems)
                .extracting(Field::path)
                .allMatch(found -> found.startsWith(path))
                .hasSize(1);
    }

    @Test
    void oneTransformIsAListOfOne() {
        RuleSpec spec = read("{'transform':{'kind':'constant','spec':{'value':1}}," + TARGETS + "}");

        assertThat(problems).isEmpty();
        assertThat(spec.json())
                .isEqualTo(Given.json("{'bus':'default','enabled':true,"
                        + "'transforms':[{'kind':'constant','spec':{'value':1}}]," + TARGETS + "}"));
    }

    @Test
    void whatWasReadIsWrittenSoThatItReadsTheSame() {
        String all =
                "{'bus':'eu','enabled':false,'patterns':['a/>'],'filter':{'type':['x']},'filters':[{'exact':{'type':'x'}}],"
                        + "'transforms':[{'kind':'constant','spec':{'value':1},'timeout':'PT1S','onError':'SKIP'}],"
                        + "'targets':[{'name':'big','kind':'topic','spec':{'topic':'big'},'delivery':{'maxAge':'PT1H'},'paused':true}]}";

        RuleSpec spec = read(all);

        assertThat(problems).isEmpty();
        assertThat(spec.json()).isEqualTo(Given.json(all));
    }

    @Test
    void aRuleWithoutATargetIsNone() {
        for (String targets : List.of("[]", "null", "'big'", "{}")) {
            problems.clear();
            read("{'patterns':['a'],'targets':%s}".formatted(targets));

            assertThat(problems).extracting(Field::path).containsExactly("/spec/targets");
        }
    }

    @Test
    void aTargetThatTakesOneEventACallTakesNoBatchesAndNoCredential() {
        read("{'patterns':['a'],'targets':[{'name':'big','kind':'topic','credential':'shop',"
                + "'delivery':{'batch':{'events':9}}}]}");

        assertThat(problems)
                .extracting(Field::path)
                .containsExactly("/spec/targets/0/delivery/batch/events", "/spec/targets/0/credential");
    }
}
