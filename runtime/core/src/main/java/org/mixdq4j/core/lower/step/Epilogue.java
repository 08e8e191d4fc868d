package org.mixdq4j.core.lower.step;

import java.util.List;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.lower.View;

/** What a step does to each element of its result before it is written, in float32. Operands are floats. */
public sealed interface Epilogue {
    /** Operands that are read. */
    default List<View> reads() {
        return List.of();
    }

    /** {@code x + row[c]}: one row for all rows of a sample, [B, 1.., C]. */
    record AddRow(View row) implements Epilogue {
        @Override
        public List<View> reads() {
            return List.of(row);
        }
    }

    /** {@code x * row[c]}. */
    record MulRow(View row) implements Epilogue {
        @Override
        public List<View> reads() {
            return List.of(row);
        }
    }

    /** {@code x + x * scale[c] + shift[c]}: adaptive norms. */
    record Modulate(View scale, View shift) implements Epilogue {
        @Override
        public List<View> reads() {
            return List.of(scale, shift);
        }
    }

    /** {@code x + other}, element by element. */
    record Add(View other) implements Epilogue {
        @Override
        public List<View> reads() {
            return List.of(other);
        }
    }

    /** {@code x * other}, element by element. */
    record Mul(View other) implements Epilogue {
        @Override
        public List<View> reads() {
            return List.of(other);
        }
    }

    /** An element-wise function. */
    record Apply(Activate.Function function) implements Epilogue {}

    /** {@code a * gelu(b)} of the first and second half of the columns: halves their number. Comes first. */
    record GeGlu() implements Epilogue {}
}
