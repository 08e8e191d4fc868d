package org.mixdq4j.core.lower.interpret;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Quantizer;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.TokenParams;

/** What steps have in common: joined inputs, epilogues, outputs. */
record Writing(Memory memory) {
    /** Views of the same rows, side by side. */
    Rows joined(List<View> views) {
        int columns = views.stream().mapToInt(View::columns).sum();
        int rows = Math.toIntExact(views.get(0).rows());
        float[] all = new float[rows * columns];
        int from = 0;
        for (View view : views) {
            float[] part = memory.floats(view);
            int width = view.columns();
            if (part.length != rows * width) {
                throw new IllegalStateException(view + " beside views of " + rows + " rows");
            }
            for (int row = 0; row < rows; row++) {
                System.arraycopy(part, row * width, all, row * columns + from, width);
            }
            from += width;
        }
        return new Rows(all, views.get(0).shape().with(-1, columns));
    }

    /** Applies epilogues, then writes outputs. */
    void finish(Rows result, List<Epilogue> then, List<Output> outputs) {
        Rows rows = result;
        // Operands first: one of them may be what is overwritten.
        for (Epilogue epilogue : then) {
            rows = apply(rows, epilogue);
        }
        for (Output output : outputs) {
            write(rows, output);
        }
    }

    private Rows apply(Rows rows, Epilogue epilogue) {
        if (epilogue instanceof Epilogue.GeGlu) {
            return geGlu(rows);
        }
        float[] x = rows.values();
        List<float[]> operands = new ArrayList<>();
        epilogue.reads().forEach(view -> operands.add(memory.floats(view)));
        float[] a = operands.isEmpty() ? null : operands.get(0);
        int columns = rows.columns();
        int sample = rows.perSample() * columns;
        for (int i = 0; i < x.length; i++) {
            int inRow = i / sample * columns + i % columns;
            if (epilogue instanceof Epilogue.Add) {
                x[i] = x[i] + a[i];
            } else if (epilogue instanceof Epilogue.Mul) {
                x[i] = x[i] * a[i];
            } else if (epilogue instanceof Epilogue.AddRow) {
                x[i] = x[i] + a[inRow];
            } else if (epilogue instanceof Epilogue.MulRow) {
                x[i] = x[i] * a[inRow];
            } else if (epilogue instanceof Epilogue.Modulate) {
                float scaled = x[i] * a[inRow];
                x[i] = x[i] + scaled + operands.get(1)[inRow];
            } else if (epilogue instanceof Epilogue.Apply apply) {
                x[i] = Functions.apply(apply.function(), x[i]);
            }
        }
        return rows;
    }

    private static Rows geGlu(Rows rows) {
        int half = rows.columns() / 2;
        float[] out = new float[rows.count() * half];
        for (int row = 0; row < rows.count(); row++) {
            for (int i = 0; i < half; i++) {
                int at = row * 2 * half + i;
                float gate = (float) Functions.gelu(rows.values()[at + half]);
                out[row * half + i] = rows.values()[at] * gate;
            }
        }
        return new Rows(out, rows.shape().with(-1, half));
    }

    private void write(Rows rows, Output output) {
        int width = output.to().columns();
        float[] part = new float[rows.count() * width];
        for (int row = 0; row < rows.count(); row++) {
            System.arraycopy(rows.values(), row * rows.columns() + output.from(), part, row * width, width);
        }
        if (output instanceof Output.Levels levels) {
            quantize(part, levels);
        } else {
            memory.write(output.to(), part);
        }
    }

    private void quantize(float[] x, Output.Levels output) {
        Quantizer quantizer = output.quantizer();
        int width = output.to().columns();
        quantizer.factors().ifPresent(factors -> {
            for (int i = 0; i < x.length; i++) {
                x[i] = x[i] * factors[i % width];
            }
        });
        // Runs are whole within a row.
        Rotation.apply(x, 0, x.length, quantizer.rotation());
        int[] levels = new int[x.length];
        if (quantizer.params() instanceof AffineParams params) {
            Arrays.setAll(levels, i -> params.quantize(x[i]));
        } else {
            TokenParams params = (TokenParams) quantizer.params();
            float[] scales = new float[x.length / width];
            for (int row = 0; row < scales.length; row++) {
                scales[row] = params.scale(TokenParams.largest(x, row * width, (row + 1) * width));
            }
            Arrays.setAll(levels, i -> params.quantize(x[i], scales[i / width]));
            memory.write(output.rowScales().orElseThrow(), scales);
        }
        memory.write(output.to(), levels);
    }
}
