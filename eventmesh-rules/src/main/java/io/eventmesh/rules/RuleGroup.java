package io.eventmesh.rules;

/**
 * A bus, or one shard of a large one: the rules that function runtimes judge by as members of one group.
 *
 * @param layout the number of the layout in which it is one
 * @param shards how many groups share the bus's rules there
 * @param shard which of them, from 0
 */
public record RuleGroup(BusName bus, long layout, int shards, int shard) {
    /** The group's name: {@code _rules/<bus>} while the bus was never divided, else {@code _rules/<bus>/<layout>.<shard>}. */
    public String name() {
        return layout == 0 && shards == 1
                ? "_rules/" + bus.name()
                : "_rules/%s/%d.%d".formatted(bus.name(), layout, shard);
    }

    /** The group that judges by a rule in a layout of its bus. */
    static RuleGroup of(Rule rule, Layouts.Layout layout) {
        int shards = layout.shards();
        int shard =
                shards == 1 ? 0 : Integer.remainderUnsigned(mixed(rule.name().hashCode()), shards);
        return new RuleGroup(rule.bus(), layout.number(), shards, shard);
    }

    /** Names that differ in their last letters only come to different shards too (the finaliser of MurmurHash 3). */
    private static int mixed(int hash) {
        int h = hash;
        h = (h ^ (h >>> 16)) * 0x85EBCA6B;
        h = (h ^ (h >>> 13)) * 0xC2B2AE35;
        return h ^ (h >>> 16);
    }

    @Override
    public String toString() {
        return bus.namespace() + ":" + name();
    }
}
