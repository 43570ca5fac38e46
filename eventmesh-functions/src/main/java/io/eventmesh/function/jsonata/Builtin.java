package io.eventmesh.function.jsonata;

import com.dashjoin.jsonata.Jsonata.JFunction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands for a function of the engine that can use up more than its arguments tell. */
@FunctionalInterface
interface Builtin {
    /** @param original the engine's own, for arguments that were found harmless */
    @Nullable
    Object call(Call call, JFunction original) throws Throwable;

    /**
     * One call.
     *
     * @param input the context value
     * @param arguments may be fewer than the function knows
     * @param around the evaluation
     */
    record Call(@Nullable Object input, List<?> arguments, Surroundings around) {
        @Nullable
        Object argument(int at) {
            return at < arguments.size() ? arguments.get(at) : null;
        }

        @Nullable
        String text(int at) {
            return (String) argument(at);
        }

        @Nullable
        Number number(int at) {
            return (Number) argument(at);
        }

        Budget budget() {
            return around.budget();
        }

        @Nullable
        Object original(JFunction original) throws Throwable {
            return original.call(input, arguments);
        }
    }
}
