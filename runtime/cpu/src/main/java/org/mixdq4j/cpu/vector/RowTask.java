package org.mixdq4j.cpu.vector;

import java.util.List;
import java.util.function.IntConsumer;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;

/** Stages one after the other on a few rows at a time, parts of the rows by several threads. */
final class RowTask implements Task {
    private final RowShape shape;
    private final Stage[] stages;
    private final Workers workers;
    private final IntConsumer part = this::part;

    RowTask(RowShape shape, List<Stage> stages, Workers workers) {
        this.shape = shape;
        this.stages = stages.toArray(Stage[]::new);
        this.workers = workers;
    }

    @Override
    public void run() {
        workers.run(shape.parts(), part);
    }

    private void part(int number) {
        int sample = number / shape.partsPerSample();
        int from = number % shape.partsPerSample() * shape.partRows();
        int to = Math.min(from + shape.partRows(), shape.rowsPerSample());
        int chunk = shape.chunkRows();
        Scratch scratch = Scratch.of(shape.scratch());
        for (int row = from; row < to; row += chunk) {
            int first = sample * shape.rowsPerSample() + row;
            int rows = Math.min(chunk, to - row);
            for (Stage stage : stages) {
                stage.apply(scratch, first, rows);
            }
        }
    }
}
