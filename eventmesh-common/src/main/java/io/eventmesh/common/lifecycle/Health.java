package io.eventmesh.common.lifecycle;

/**
 * How a component is.
 *
 * @param state UP serves fully, DEGRADED serves with something amiss, DOWN does not serve
 * @param detail one sentence for the operator; for UP what an operator wants to know anyway, such as "volatile"
 */
public record Health(State state, String detail) {
    /** The three states, from well to unwell. */
    public enum State {
        UP,
        DEGRADED,
        DOWN
    }

    public static Health up() {
        return new Health(State.UP, "");
    }

    public static Health up(String detail) {
        return new Health(State.UP, detail);
    }

    public static Health degraded(String detail) {
        return new Health(State.DEGRADED, detail);
    }

    public static Health down(String detail) {
        return new Health(State.DOWN, detail);
    }
}
