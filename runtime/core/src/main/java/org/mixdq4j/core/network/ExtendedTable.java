package org.mixdq4j.core.network;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Weights one of whose tables [rows, features] has some rows in place of its own, or behind them. Made in F32 when it is asked for. */
public final class ExtendedTable implements WeightSource {
    private final WeightSource source;
    private final String table;
    private final TreeMap<Integer, float[]> rows;
    private final Shape shape;

    /**
     * @param table name of the table
     * @param count its rows then, at least as many as it has; rows that nobody gives are zeros
     * @param rows values by index
     */
    public ExtendedTable(WeightSource source, String table, int count, Map<Integer, float[]> rows) {
        this.source = source;
        this.table = table;
        this.rows = new TreeMap<>(rows);
        this.shape = source.shape(table).with(0, count);
        if (count < source.shape(table).dim(0) || rows.keySet().stream().anyMatch(row -> row >= count)) {
            throw new IllegalArgumentException(count + " rows are too few for " + table);
        }
    }

    @Override
    public Set<String> names() {
        return source.names();
    }

    @Override
    public Tensor tensor(String name) {
        if (!name.equals(table)) {
            return source.tensor(name);
        }
        Tensor extended = Tensor.zeros(DType.F32, shape);
        int features = shape.dim(1);
        extended.floats().put(source.tensor(name).toFloatArray());
        rows.forEach((row, values) -> extended.floats().position(row * features).put(values));
        return extended;
    }

    @Override
    public DType dtype(String name) {
        return name.equals(table) ? DType.F32 : source.dtype(name);
    }

    @Override
    public Shape shape(String name) {
        return name.equals(table) ? shape : source.shape(name);
    }
}
