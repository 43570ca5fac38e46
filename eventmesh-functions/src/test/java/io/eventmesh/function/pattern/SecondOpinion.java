package io.eventmesh.function.pattern;

import java.io.IOException;
import software.amazon.event.ruler.Machine;

/** What event-ruler, an implementation by others, says of a pattern and an event. */
final class SecondOpinion {
    private SecondOpinion() {}

    static Machine machine(String pattern) {
        try {
            Machine machine = Machine.builder().build();
            machine.addRule("rule", pattern);
            return machine;
        } catch (IOException refused) {
            throw new IllegalArgumentException(pattern, refused);
        }
    }

    static boolean matches(Machine machine, String event) {
        try {
            return !machine.rulesForJSONEvent(event).isEmpty();
        } catch (Exception failed) {
            throw new IllegalStateException(event, failed);
        }
    }
}
