package io.eventmesh.function;

import io.eventmesh.function.jsonata.JsonataTransformerProvider;
import io.eventmesh.function.transform.AttributesTransformerProvider;
import io.eventmesh.function.transform.ConstantTransformerProvider;
import io.eventmesh.function.transform.PathTransformerProvider;
import io.eventmesh.function.transform.TemplateTransformerProvider;
import io.eventmesh.spi.function.TransformerProvider;
import io.eventmesh.testkit.function.TransformerContractTest;
import java.util.List;
import org.junit.jupiter.api.Nested;

/** The promises of every kind, by each of those here. */
class TransformerContractsTest {
    private abstract static class Contract extends TransformerContractTest {
        private final TransformerProvider provider;
        private final String spec;
        private final List<String> refused;

        Contract(TransformerProvider provider, String spec, String... refused) {
            this.provider = provider;
            this.spec = spec;
            this.refused = List.of(refused);
        }

        @Override
        protected TransformerProvider provider() {
            return provider;
        }

        @Override
        protected String spec() {
            return spec;
        }

        @Override
        protected List<String> refused() {
            return refused;
        }
    }

    @Nested
    class Constant extends Contract {
        Constant() {
            super(
                    new ConstantTransformerProvider(),
                    "{\"value\":{\"a\":1}}",
                    "{}",
                    "{\"Input\":\"{\"}",
                    "{\"valu\":1}");
        }
    }

    @Nested
    class Path extends Contract {
        Path() {
            super(
                    new PathTransformerProvider(),
                    "{\"path\":\"$.data.sku\"}",
                    "{}",
                    "{\"path\":\"data\"}",
                    "{\"path\":1}");
        }
    }

    @Nested
    class Template extends Contract {
        Template() {
            super(
                    new TemplateTransformerProvider(),
                    "{\"paths\":{\"sku\":\"$.data.sku\"},\"template\":\"{\\\"item\\\":<sku>}\"}",
                    "{}",
                    "{\"template\":\"<unknown>\"}",
                    "{\"paths\":{\"a\":\"b\"},\"template\":\"<a>\"}");
        }
    }

    @Nested
    class Attributes extends Contract {
        Attributes() {
            super(
                    new AttributesTransformerProvider(),
                    "{\"set\":{\"type\":\"order.<$.data.sku>\"},\"remove\":[\"region\"]}",
                    "{\"set\":{\"id\":\"1\"}}",
                    "{\"remove\":[\"source\"]}",
                    "{\"rename\":{\"a\":\"B!\"}}");
        }
    }

    @Nested
    class Jsonata extends Contract {
        Jsonata() {
            super(
                    new JsonataTransformerProvider(),
                    "{\"expression\":\"{'item': data.sku, 'at': $now(), 'r': $random()}\"}",
                    "{}",
                    "{\"expression\":\"{{\"}",
                    "{\"expression\":5}");
        }
    }
}
