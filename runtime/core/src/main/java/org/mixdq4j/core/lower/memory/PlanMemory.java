package org.mixdq4j.core.lower.memory;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.memory.Lifetimes.Life;

/**
 * Gives each value a place in one arena: the largest first, each into the smallest gap that is free during its life (as
 * TensorFlow Lite's planner does; Pisarchyk and Lee, arXiv 2001.03288, "greedy by size").
 */
public final class PlanMemory {
    /** Values that lie at one place: one, or those that are written over each other. */
    private static final class Block {
        private final List<Value> values = new ArrayList<>();
        private final long bytes;
        private Life life;
        private long place;

        Block(Value value, Life life, long bytes) {
            values.add(value);
            this.life = life;
            this.bytes = bytes;
        }

        long end() {
            return place + bytes;
        }
    }

    private PlanMemory() {}

    /** @param steady inputs that seldom change */
    public static Program place(Draft draft, Set<String> steady, Target target) {
        List<Block> placed = new ArrayList<>();
        long arena = 0;
        for (Block block : blocks(draft, steady, target)) {
            block.place = bestGap(block, placed);
            int index = placed.size();
            while (index > 0 && placed.get(index - 1).place > block.place) {
                index--;
            }
            placed.add(index, block);
            arena = Math.max(arena, block.end());
        }
        Map<String, Long> places = new HashMap<>();
        placed.forEach(block -> block.values.forEach(value -> places.put(value.id(), block.place)));
        return new Program(draft.name(), draft.inputs(), draft.steps(), draft.outputs(), steady, places, arena);
    }

    /** The largest first; of blocks that are alike the one that is written first. */
    private static List<Block> blocks(Draft draft, Set<String> steady, Target target) {
        Lifetimes lifetimes = Lifetimes.of(draft, steady);
        Map<Value, Block> byValue = new LinkedHashMap<>();
        lifetimes
                .lives()
                .forEach((value, life) ->
                        byValue.put(value, new Block(value, life, aligned(value.bytes(), target.alignment()))));
        InPlace.pairs(draft, lifetimes, target).forEach((over, under) -> {
            Block block = byValue.get(under);
            block.values.add(over);
            block.life = block.life.with(byValue.get(over).life);
            byValue.put(over, block);
        });
        List<Block> blocks =
                new ArrayList<>(byValue.values().stream().distinct().toList());
        blocks.sort(Comparator.comparingLong((Block block) -> -block.bytes));
        return blocks;
    }

    /** @param placed by place */
    private static long bestGap(Block block, List<Block> placed) {
        long best = -1;
        long smallest = Long.MAX_VALUE;
        long free = 0;
        for (Block other : placed) {
            if (!other.life.meets(block.life)) {
                continue;
            }
            long gap = other.place - free;
            if (gap >= block.bytes && gap < smallest) {
                best = free;
                smallest = gap;
            }
            free = Math.max(free, other.end());
        }
        return best < 0 ? free : best;
    }

    private static long aligned(long bytes, int alignment) {
        return (bytes + alignment - 1) / alignment * alignment;
    }
}
