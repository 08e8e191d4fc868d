package org.mixdq4j.cpu.vector;

import java.nio.ByteBuffer;
import java.util.function.IntConsumer;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;

/** Copies elements from view to view: runs of memory where both have them, else one by one. */
final class MoveTask implements Task {
    private static final int PART_BYTES = 1 << 16;

    private final Workers workers;
    private final JointAxes axes;
    private final ByteBuffer from;
    private final ByteBuffer to;
    private final int fromBase;
    private final int toBase;
    private final int size;
    private final boolean runs;
    /** A line may be cut, a part may be several lines. */
    private final int cut;

    private final int cuts;
    private final int partLines;
    private final int parts;
    private final IntConsumer part = this::part;

    MoveTask(Move step, Arena arena, Workers workers) {
        if (step.from().value().type() != step.to().value().type()) {
            throw new IllegalArgumentException("a move between types: " + step);
        }
        this.workers = workers;
        axes = JointAxes.of(step.from(), step.to());
        from = arena.buffer(step.from().value());
        to = arena.buffer(step.to().value());
        fromBase = Math.toIntExact(step.from().offset());
        toBase = Math.toIntExact(step.to().offset());
        size = step.from().value().type().bytes();
        int last = axes.extents().length - 1;
        runs = axes.from()[last] == 1 && axes.to()[last] == 1;
        cut = Math.min(axes.width(), PART_BYTES / size);
        cuts = (axes.width() + cut - 1) / cut;
        partLines = Math.max(1, PART_BYTES / size / axes.width());
        parts = (axes.lines() + partLines - 1) / partLines * cuts;
    }

    @Override
    public void run() {
        workers.run(parts, part);
    }

    private void part(int number) {
        int first = number % cuts * cut;
        int count = Math.min(cut, axes.width() - first);
        int line = number / cuts * partLines;
        int end = Math.min(line + partLines, axes.lines());
        int last = axes.extents().length - 1;
        int fromStep = axes.from()[last];
        int toStep = axes.to()[last];
        for (; line < end; line++) {
            int source = fromBase + axes.start(line, axes.from()) + first * fromStep;
            int target = toBase + axes.start(line, axes.to()) + first * toStep;
            if (runs) {
                to.put(target * size, from, source * size, count * size);
            } else {
                singly(source, fromStep, target, toStep, count);
            }
        }
    }

    private void singly(int source, int fromStep, int target, int toStep, int count) {
        switch (size) {
            case 1 -> {
                for (int i = 0; i < count; i++) {
                    to.put(target + i * toStep, from.get(source + i * fromStep));
                }
            }
            case 2 -> {
                for (int i = 0; i < count; i++) {
                    to.putShort(2 * (target + i * toStep), from.getShort(2 * (source + i * fromStep)));
                }
            }
            case 4 -> {
                for (int i = 0; i < count; i++) {
                    to.putInt(4 * (target + i * toStep), from.getInt(4 * (source + i * fromStep)));
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    to.putLong(8 * (target + i * toStep), from.getLong(8 * (source + i * fromStep)));
                }
            }
        }
    }
}
